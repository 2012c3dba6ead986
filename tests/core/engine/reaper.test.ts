import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Job } from '../../../core/domain/job.ts'
import type { Parts } from '../../../core/engine/parts.ts'
import { TIMINGS } from '../../../core/engine/parts.ts'
import { reconcile } from '../../../core/engine/reconcile.ts'
import { cleanUp } from '../../../core/engine/ticks.ts'
import type { TaggedResource } from '../../../core/ports/cloud.ts'
import type { Resource } from '../../../core/ports/store.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const MINUTE_MS = 60_000
const JOBS = [
  { id: 'ended', name: 'ended', state: 'cancelled', intermediate: 'released' },
  { id: 'living', name: 'living', state: 'syncing', intermediate: 'ready' },
] as const

/** Whose a thing of the cloud is, as its tags tell. */
const OWNERS = ['here', 'elsewhere', 'people'] as const
/** What the ledger says of it. */
const ENTRIES = ['none', 'open', 'unrecorded', 'kept', 'released', 'other'] as const

const kinds = fc.constantFrom('instance', 'disk', 'snapshot', 'image')
const jobs = fc.constantFrom(...JOBS.map(({ id }) => id))
// A ledger holds nobody else's things, but a key may be found on one: of a copied template, or by malice.
const aThing = fc.oneof(
  fc.record({
    ...{ kind: kinds, job: jobs, owner: fc.constant('here' as const) },
    entry: fc.constantFrom(...ENTRIES),
  }),
  fc.record({
    ...{ kind: kinds, job: jobs, owner: fc.constantFrom(...OWNERS) },
    entry: fc.constantFrom('none' as const, 'released' as const, 'other' as const),
  }),
)
type Thing = typeof aThing extends fc.Arbitrary<infer T> ? T : never

class Killed extends Error {}

/** A cloud and a ledger with these things, and an engine over them that dies at the calls that are told. */
function world(things: readonly Thing[], deaths: readonly number[]) {
  const clock = fakeClock()
  const long = new Date(clock.now().getTime() - 60 * MINUTE_MS)
  const there = new Map<string, TaggedResource>()
  const ledger = new Map<string, { -readonly [K in keyof Resource]: Resource[K] }>()
  for (const [index, { kind, owner, job, entry }] of things.entries()) {
    const [id, key] = [`${kind}-${index}`, `key-${index}`]
    const tags = { 'ferry:managed': 'true', 'ferry:installation': owner, 'ferry:job': job, 'ferry:key': key }
    there.set(id, { kind, id, tags: owner === 'people' ? {} : tags })
    if (entry === 'none') continue
    ledger.set(key, {
      ...{
        key,
        jobId: job,
        kind,
        request: {},
        intendedAt: long,
        releaseAskedBy: null,
        price: null,
        address: null,
      },
      syncId: kind === 'snapshot' || kind === 'image' ? `sync of ${job}` : null,
      purpose: kind === 'instance' ? 'intermediate' : 'test',
      cloudId: entry === 'unrecorded' ? null : entry === 'other' ? `${id}-first` : id,
      releasedAt: entry === 'released' ? long : null,
      outlivesJob: entry === 'kept',
    })
  }
  let calls = 0
  const mortal =
    <A extends unknown[], T>(call: (...args: A) => T) =>
    async (...args: A): Promise<T> => {
      if (deaths.includes(calls++)) throw new Killed()
      const result = call(...args)
      if (deaths.includes(calls++)) throw new Killed()
      return result
    }
  const remove = mortal((id: string) => void there.delete(id))
  const read = mortal((id: string) => there.get(id))
  const tagged = mortal((tags: Record<string, string>) =>
    [...there.values()].filter((each) =>
      Object.entries(tags).every(([key, value]) => each.tags[key] === value),
    ),
  )
  const open = (jobId?: string): readonly Resource[] =>
    [...ledger.values()].filter((each) => each.releasedAt === null && (jobId ?? each.jobId) === each.jobId)
  const parts = {
    clock,
    log: { warn: () => undefined, info: () => undefined },
    settings: { installation: 'here', timings: TIMINGS },
    cloud: {
      ...{ instance: read, disk: read, snapshot: read, image: read },
      ...{ deleteInstance: remove, deleteDisk: remove, deleteSnapshot: remove, deleteImage: remove },
      ...{ instancesTagged: tagged, snapshotsTagged: tagged, imagesTagged: tagged },
      // As the adapter lists it: what carries `ferry:managed`, whoever made it.
      inventory: mortal(() => [...there.values()].filter(({ tags }) => 'ferry:managed' in tags)),
    },
    store: {
      ledger: {
        open: async (jobId?: string) => open(jobId),
        byKey: async (key: string) => ledger.get(key),
        byCloudId: async (id: string) => [...ledger.values()].find(({ cloudId }) => cloudId === id),
        released: mortal((key: string) => {
          const entry = ledger.get(key)
          if (entry !== undefined) entry.releasedAt ??= clock.now()
        }),
      },
      jobs: {
        list: async () => JOBS,
        byId: async (id: string) =>
          JOBS.filter((job) => job.id === id).map((job) => ({ ...job, endedAt: long }) as unknown as Job)[0],
      },
      images: { list: async () => [] },
      syncs: { byId: async (id: string) => ({ result: id === 'sync of ended' ? 'cancelled' : null }) },
      outbox: { add: async () => undefined },
      firstSeen: async () => true,
    },
  } as unknown as Parts
  /** A process that lives until it is killed; the clock goes on without it. */
  const live = async (ms: number): Promise<void> => {
    const end = clock.now().getTime() + ms
    for (let next = 0; clock.now().getTime() < end; next++) {
      clock.advance(30_000)
      for (const tick of next % 4 === 0 ? [cleanUp, reconcile] : [cleanUp])
        await tick(parts).catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error
        })
    }
  }
  return { there, ledger, live }
}

/** Whether a thing costs money for nobody: our own, and neither needed by a job nor kept by a person. */
function mustGo({ owner, entry, job, kind }: Thing): boolean {
  if (owner !== 'here' || entry === 'kept') return false
  if (entry === 'released' || entry === 'other') return true
  if (job === 'living') return false
  // Of an image that the ledger has never heard of people are told; it may be all that is left of a server.
  return entry !== 'none' || kind === 'instance' || kind === 'disk'
}

describe('the reaper', () => {
  it('S22: has released all that must go after 15 minutes, and never touches anything else, wherever it is killed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(aThing, { maxLength: 12 }),
        fc.array(fc.nat(60), { maxLength: 6 }),
        async (things, deaths) => {
          const { there, live } = world(things, deaths)

          await live(15 * MINUTE_MS)

          const left = [...there.keys()]
          const expected = things.flatMap((thing, index) => (mustGo(thing) ? [] : [`${thing.kind}-${index}`]))
          expect(left).toEqual(expected)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('S22: leaves a ledger that names exactly what is there of this installation', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aThing, { maxLength: 12 }), async (things) => {
        const { there, ledger, live } = world(things, [])

        await live(15 * MINUTE_MS)

        const open = [...ledger.values()].filter(({ releasedAt }) => releasedAt === null)
        const known = open.flatMap(({ cloudId }) => (cloudId === null ? [] : [cloudId]))
        const told = things.flatMap(({ kind, owner, entry }, index) =>
          owner === 'here' && ['open', 'kept'].includes(entry) ? [`${kind}-${index}`] : [],
        )
        const ours = told.filter((id) => there.has(id))
        expect(ours.every((id) => known.includes(id))).toBe(true)
        expect(known.every((id) => there.has(id))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})
