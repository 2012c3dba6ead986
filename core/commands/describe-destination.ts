/** How a destination is told: what it is, its disks before and after, and what happens to them (S17). */
import type { Swap } from '../domain/destination.ts'
import { deviceAt, diskWords, newSizeGiB } from '../domain/destination.ts'
import { formatTime } from '../domain/duration.ts'
import type { Job, JobDisk } from '../domain/job.ts'
import { ENDED } from '../domain/life.ts'
import type { Destination } from '../ports/destinations.ts'
import type { Context, Looking } from './define.ts'
import { Refusal } from './reply.ts'

type Facts = Readonly<Record<string, string>>

/** What `status` shows of a job's destination; nothing for a job with the target image. */
export async function describeDestination(
  { store, clock }: Looking,
  job: Job,
): Promise<{ readonly facts: Facts; readonly data: object | null }> {
  const destination = await store.destinations.of(job.id)
  if (destination === undefined) return { facts: {}, data: null }
  const { instanceId, look, problem, lookedAt, swap, step } = destination
  const disks = await store.jobs.disks(job.id)
  const isSwapped = swap !== null && swap.state !== 'taken back'
  const isEnded = ENDED.includes(job.state)
  const seen = lookedAt === null ? 'not looked at yet' : `as of ${formatTime(lookedAt, clock.now())}`
  return {
    facts: {
      Destination: `${whatItIs(destination)}, ${seen}`,
      ...(problem === null || isEnded ? {} : { 'What is wrong with it': problem }),
      ...(step === null ? {} : { 'Done to it now': step }),
      ...(look === null ? {} : { 'Its disks now': diskWords(look.disks) }),
      ...(isSwapped ? swapWords(job, swap) : {}),
      ...(isSwapped || isEnded ? {} : { 'At completion': plannedWords(destination, disks) }),
      ...(swap?.state === 'taken back' ? { 'Old disks': 'put back by `rollback`' } : {}),
    },
    data: { instanceId, look, problem, lookedAt: lookedAt?.toISOString() ?? null, swap, step },
  }
}

function whatItIs({ instanceId, look }: Destination): string {
  if (look === null) return instanceId
  const { name, address, privateAddress, status, type, zone } = look
  const addresses = [...new Set([address, privateAddress])].filter((each) => each !== '').join(', ')
  return `${instanceId} ${name} (${addresses === '' ? 'no address' : addresses}), ${status}, ${type} in ${zone}`
}

function plannedWords({ look }: Destination, disks: readonly JobDisk[]): string {
  const before = look?.disks ?? []
  const after = disks.map((disk, place) => ({
    device: deviceAt(place),
    sizeGiB: newSizeGiB(disk, place, before),
  }))
  return `all its disks are replaced by those of the newest image (${diskWords(after)}); it stands still meanwhile. The old system disk is kept as a snapshot and the old data disks as disks, for \`rollback\`, until \`release\``
}

function swapWords(job: Job, swap: Swap): Facts {
  return {
    'Its disks before': diskWords(swap.before),
    Replaced:
      swap.state === 'done'
        ? `by image #${swap.image.number}; ${swap.check}`
        : `by image #${swap.image.number}, under way`,
    'Way back': `\`rollback ${job.name}\` puts the old disks back`,
  }
}

/** Refuses while the destination cannot take the disks, as far as that is known; the engine looks again itself. */
export async function demandFitDestination({ store }: Context, job: Job): Promise<void> {
  const problem = (await store.destinations.of(job.id))?.problem ?? null
  if (problem !== null) throw new Refusal('destination-unfit', problem, { data: { job: job.name } })
}

/** Refuses to end a job while its destination has neither all old disks nor all new ones. */
export async function demandWholeDestination({ store }: Context, job: Job, asked: string): Promise<void> {
  const destination = await store.destinations.of(job.id)
  if (destination?.swap?.state !== 'under way' && destination?.wayBackAskedBy == null) return
  throw new Refusal(
    'destination-half-replaced',
    `The disks of ${destination.instanceId} are half replaced: \`retry ${job.name}\` goes on, \`rollback ${job.name}\` puts the old ones back; then ${asked} is possible.`,
  )
}

/** What a completion overwrites, for who confirms and who approves it; nothing with the target image. */
export async function whatIsOverwritten(
  { store }: Context,
  job: Job,
): Promise<{ readonly sentence: string; readonly facts: Facts }> {
  const destination = await store.destinations.of(job.id)
  if (destination === undefined) return { sentence: '', facts: {} }
  const { instanceId, look } = destination
  return {
    sentence: ` All disks of the instance ${instanceId}${look === null ? '' : ` (${look.name})`} are replaced: it stops, and what runs on it now ends.`,
    facts: {
      'Is overwritten': whatItIs(destination),
      'Its disks now': look === null ? 'not known' : diskWords(look.disks),
    },
  }
}

/** Refuses an instance that another unfinished job or Ferry itself has. */
export async function refuseTaken({ store }: Context, instanceId: string): Promise<void> {
  const own = await store.ledger.byCloudId(instanceId)
  if (own?.releasedAt === null)
    throw new Refusal(
      'destination-taken',
      `${instanceId} was made by Ferry itself (${own.purpose}) and cannot be a destination.`,
    )
  const holder = (await store.jobs.list()).find(
    (job) => job.destination === instanceId && job.endedAt === null && job.intermediate !== 'lost',
  )
  if (holder !== undefined)
    throw new Refusal(
      'destination-taken',
      `${instanceId} is the destination of ${holder.name} already; an instance is the destination of one unfinished job. \`cancel ${holder.name}\` or \`clear ${holder.name}\` ends it.`,
    )
}
