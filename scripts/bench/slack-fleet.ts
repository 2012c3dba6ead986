import { randomUUID } from 'node:crypto'
import type { Job } from '../../core/domain/job.ts'
import { DEFAULT_IMAGE_NAME } from '../../core/domain/image-name.ts'
import type { AuditEntry, JobChange } from '../../core/ports/jobs.ts'
import type { Store } from '../../core/ports/store.ts'

/** Statements at once: as many as the store has connections. */
const SIDE_BY_SIDE = 8

const entry = (action: string): AuditEntry => ({
  ...{ actor: { person: 'bench', door: 'cli' }, action, outcome: 'done' },
})

/** The way of a job from Ready to Waiting, as commands and engine go it. */
const STEPS: readonly Omit<JobChange, 'audit'>[] = [
  {
    set: { state: 'preparing', intermediate: 'creating' },
    startSync: { kind: 'full', trigger: 'manual', askedBy: 'bench' },
  },
  { set: { state: 'syncing', intermediate: 'ready' } },
  { set: { state: 'waiting' }, endSync: { result: 'ok' } },
]

/** Makes jobs `bench-<from>` to `bench-<to - 1>`, each of a source of its own, in Waiting after a full sync. */
export async function makeFleet(store: Store, from: number, to: number): Promise<void> {
  let next = from
  const hand = async (): Promise<void> => {
    while (next < to) await makeJob(store, `bench-${String(next++).padStart(4, '0')}`)
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, hand))
}

async function makeJob(store: Store, name: string): Promise<void> {
  const code = randomUUID()
  await store.sources.invite(name, code, new Date(Date.now() + 60_000), entry('enrol'))
  const disks = [{ index: 0, path: '/dev/vda', identity: 'serial-0', sizeBytes: 80 * 2 ** 30 }]
  const enrolled = await store.sources.enrol(
    code,
    {
      ...{ publicKey: `key of ${name}`, version: '1', disks },
      host: {
        ...{ hostname: name, os: 'linux', arch: 'x64', kernel: '6.1', cores: 2, memoryBytes: 2 ** 31 },
        bootMode: 'BIOS',
      },
    },
    entry('enrol'),
  )
  let job: Job | undefined = await store.jobs.create(
    {
      ...{
        name,
        sourceId: enrolled?.source.id ?? '',
        region: 'cn-hangzhou',
        zone: 'cn-hangzhou-i',
        auto: true,
      },
      ...{ intervalMs: 6 * 3_600_000, keep: 3, imageName: DEFAULT_IMAGE_NAME, bytesPerSecond: null },
      ...{ compression: null, connections: null, disks, createdBy: 'bench', clonedFrom: null },
    },
    entry('create'),
  )
  for (const step of STEPS)
    job = job && (await store.jobs.change(job, { ...step, audit: entry(String(step.set?.state)) }))
  if (job === undefined) throw new Error(`${name} could not be made`)
}
