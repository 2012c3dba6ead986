/** What tests of the whole product look at: through the commands where there is one, past Ferry where it must be proven. */
import type { Reply } from '../../core/commands/reply.ts'
import type { DrillItem } from '../../core/domain/drill.ts'
import type { VerificationCheck } from '../../core/ports/store.ts'
import { eventually } from './eventually.ts'
import type { Ferry } from './ferry.ts'
import type { SourceDisk } from './source-disks.ts'

interface ListedImage {
  readonly image: number
  readonly id: string
  readonly name: string
  readonly verdict: string | null
  readonly inUse: boolean
}

interface ListedSync {
  readonly sync: number
  readonly kind: string
  readonly trigger: string
  readonly askedBy: string
  readonly result: string | null
  readonly startedAt: string
  readonly endedAt: string | null
  readonly comparedBytes: number
  readonly changedBytes: number
  readonly appliedBytes: number
  readonly wireBytes: number
}

interface ListedVerification {
  readonly verdict: string | null
  readonly cause: string | null
  readonly checks: readonly VerificationCheck[]
}

/** Oldest first. */
export async function imagesOf(ferry: Ferry, job: string): Promise<readonly ListedImage[]> {
  return (await ferry.tell(`images ${job}`)).data?.['images'] as ListedImage[]
}

export async function newestImage(ferry: Ferry, job: string): Promise<ListedImage> {
  const newest = (await imagesOf(ferry, job)).at(-1)
  if (newest === undefined) throw new Error(`${job} has no image.`)
  return newest
}

/** The sync of this number, or the newest. */
export async function syncOf(ferry: Ferry, job: string, number?: number): Promise<ListedSync> {
  const syncs = (await ferry.tell(`history ${job}`)).data?.['syncs'] as ListedSync[]
  const found = number === undefined ? syncs[0] : syncs.find(({ sync }) => sync === number)
  if (found === undefined) throw new Error(`${job} has no sync #${number ?? ''}.`)
  return found
}

/** The numbers of the disks on which an image does not hold the bytes that are given. */
export async function differingDisks(
  ferry: Ferry,
  cloudId: string,
  disks: readonly Pick<SourceDisk, 'read'>[],
): Promise<readonly number[]> {
  const differing: number[] = []
  for (const [index, disk] of disks.entries()) {
    const expected = disk.read()
    if (!(await ferry.imageBytes(cloudId, index, expected.length)).equals(expected)) differing.push(index)
  }
  return differing
}

/** What the disks hold now, kept for later. */
export function remember(disks: readonly SourceDisk[]): readonly Pick<SourceDisk, 'read'>[] {
  return disks.map((disk) => {
    const bytes = disk.read()
    return { read: () => bytes }
  })
}

/** The instance that is a job's intermediate now. */
export async function intermediateOf(ferry: Ferry, job: string): Promise<string> {
  const found = await ferry.store.jobs.named(job)
  const current = await ferry.store.intermediates.current(found?.id ?? '')
  if (current?.instanceId === undefined) throw new Error(`${job} has no intermediate.`)
  return current.instanceId
}

/** Waits until a job's status is as it is looked for. */
export function seen(ferry: Ferry, job: string, isThere: (reply: Reply) => boolean): Promise<Reply> {
  return eventually(`a sight of ${job}`, async () => {
    const reply = await ferry.ask('vera', `status ${job}`)
    return isThere(reply) ? reply : undefined
  })
}

/** Verifies an image and waits for the result. */
export async function verified(
  ferry: Ferry,
  job: string,
  more = '',
  forMs?: number,
): Promise<ListedVerification> {
  const { data } = await ferry.tell(`verify ${job} ${more}`)
  return eventually(
    `the verification of ${job}`,
    async () => {
      const records = (await ferry.tell(`verify ${job} --records`)).data?.['verifications']
      const found = (records as (ListedVerification & { number: number })[]).find(
        ({ number }) => number === data?.['verification'],
      )
      return found?.verdict === null ? undefined : found
    },
    forMs,
  )
}

/** Drills a job and returns the items of the report by name. */
export async function drilled(
  ferry: Ferry,
  job: string,
  how = '',
  forMs?: number,
): Promise<Readonly<Record<string, DrillItem>>> {
  const { id = '' } = (await ferry.store.jobs.named(job)) ?? {}
  const before = (await ferry.store.drills.latest(id))?.number ?? 0
  await ferry.tell(`drill ${job} ${how}`)
  const report = await eventually(
    `the drill of ${job}`,
    async () => {
      const reply = await ferry.ask('vera', `report ${job}`)
      return reply.code === 'drill-report' && Number(reply.data?.['drill']) > before ? reply : undefined
    },
    forMs,
  )
  const items = report.data?.['items'] as readonly DrillItem[]
  if (report.table?.rows.length !== items.length) throw new Error('the report does not show every item')
  return Object.fromEntries(items.map((item) => [item.name, item]))
}

/** Asks for completion as olga and approves it as paula. */
export async function completed(ferry: Ferry, job: string, more = ''): Promise<Reply> {
  const { data } = await ferry.tell(`complete ${job} ${more}`)
  await ferry.tell(`approve ${String(data?.['approval'])}`, 'paula')
  return ferry.waitFor(job, 'completed')
}

/** Kinds of everything that the cloud still has with the tags of a job, images and snapshots aside. */
export async function billedFor(ferry: Ferry, job: string): Promise<readonly string[]> {
  const { id } = (await ferry.store.jobs.named(job)) ?? {}
  const tagged = await ferry.cloud.inventory()
  return tagged
    .filter(({ kind, tags }) => tags['ferry:job'] === id && kind !== 'image' && kind !== 'snapshot')
    .map(({ kind }) => kind)
}
