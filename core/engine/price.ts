/**
 * What the ledger's resources cost. The cloud is asked once per resource and again when the answer has grown old; the
 * answers lie in the ledger, where commands read them.
 */
import { costWords, snapshotCost } from '../domain/cost.ts'
import type { Resource, ResourcePrice } from '../ports/store.ts'
import type { Parts } from './parts.ts'

/** Price lists change a few times a year. */
const OLD_MS = 12 * 3_600_000
/** A price that the cloud did not tell is asked for again sooner. */
const UNKNOWN_OLD_MS = 3_600_000
/** A job that fails must be told of at once, priced or not. */
const PATIENCE_MS = 5000

type Answer = Omit<ResourcePrice, 'at'>

/** Prices what has no price yet, or an old one. */
export async function priceResources(parts: Parts): Promise<void> {
  for (const resource of await parts.store.ledger.open())
    if (isStale(parts, resource)) await priceOne(parts, resource)
}

/**
 * What a job's machines and disks cost, in words, for who is told that they stay: `CNY 0.21 an hour`. Asks for what
 * is not known yet, but never for long.
 */
export async function costOfJob(parts: Parts, jobId: string): Promise<string> {
  const ofJob = async (): Promise<readonly Resource[]> =>
    (await parts.store.ledger.open(jobId)).filter(isRunning)
  const unpriced = (await ofJob()).filter(({ price }) => price === null)
  const over = new AbortController()
  await Promise.race([
    Promise.all(unpriced.map((resource) => priceOne(parts, resource))),
    parts.clock.sleep(PATIENCE_MS, over.signal),
  ])
  over.abort()
  return costWords(await ofJob()) ?? 'money, how much is not known yet'
}

/** What is paid for by existing; images cost by their snapshots, and those stay with or without the job's trouble. */
function isRunning({ kind }: Resource): boolean {
  return kind === 'instance' || kind === 'disk'
}

function isStale({ clock }: Parts, { cloudId, price }: Resource): boolean {
  if (cloudId === null) return false
  if (price === null) return true
  const age = clock.now().getTime() - price.at.getTime()
  return age > (price.perHour === null ? UNKNOWN_OLD_MS : OLD_MS)
}

async function priceOne(parts: Parts, resource: Resource): Promise<void> {
  try {
    const answer = await ask(parts, resource)
    if (answer !== undefined) await parts.store.ledger.setPrice(resource.key, answer)
  } catch (error) {
    parts.log.info('the price of a resource cannot be told now', { resource: resource.cloudId, error })
  }
}

/** Undefined while the cloud does not show the thing. */
async function ask(parts: Parts, { kind, cloudId }: Resource): Promise<Answer | undefined> {
  const { cloud, settings } = parts
  if (cloudId === null) return undefined
  if (kind === 'image') return { perHour: 0, currency: null, what: 'in its snapshots' }
  if (kind === 'snapshot') {
    const sizeGiB = (await cloud.snapshot(cloudId))?.sizeGiB
    const price = settings.cloud.snapshotPrice
    if (sizeGiB === undefined) return undefined
    const cost = price && snapshotCost(sizeGiB, price)
    return { ...(cost ?? NOT_KNOWN), what: `at most ${sizeGiB} GiB` }
  }
  if (kind === 'disk') {
    const disk = await cloud.disk(cloudId)
    if (disk === undefined) return undefined
    const what = `${disk.category}, ${disk.sizeGiB} GiB`
    return { ...((await cloud.price({ kind, ...disk })) ?? NOT_KNOWN), what }
  }
  const instance = await cloud.instance(cloudId)
  if (instance === undefined) return undefined
  const disks = await cloud.disksOf(cloudId)
  const { type, zone } = instance
  const price = await cloud.price({ kind, type, zone, disks })
  return {
    ...(price ?? NOT_KNOWN),
    what: `${type}, ${disks.map(({ sizeGiB }) => sizeGiB).join(' + ')} GiB`,
  }
}

const NOT_KNOWN = { perHour: null, currency: null } as const
