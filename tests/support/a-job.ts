import { randomUUID } from 'node:crypto'
import { DEFAULT_IMAGE_NAME } from '../../core/domain/image-name.ts'
import type { Job, State } from '../../core/domain/job.ts'
import type { AuditEntry, JobChange, NewJob } from '../../core/ports/jobs.ts'
import type { Store } from '../../core/ports/store.ts'

/** What an operator did, for changes whose audit does not matter to the test. */
export function anEntry(action = 'test', facts: AuditEntry['facts'] = {}): AuditEntry {
  return { actor: { person: 'ada', door: 'cli' }, action, outcome: 'done', facts }
}

/** A source that nobody else has, with an agent that has enrolled. */
export async function aSource(store: Store, name = `web-${randomUUID().slice(0, 8)}`) {
  const code = randomUUID()
  await store.sources.invite(name, code, new Date(Date.now() + 60_000), anEntry('enrol'))
  const disks = [{ index: 0, path: '/dev/vda', identity: 'serial-0', sizeBytes: 1_048_576 }]
  const host = {
    ...{ hostname: name, os: 'linux', arch: 'x64', kernel: '6.1', cores: 2, memoryBytes: 2 ** 31 },
    bootMode: 'BIOS' as const,
  }
  const agent = { publicKey: `key of ${name}`, version: '1', host, disks }
  const enrolled = await store.sources.enrol(code, agent, anEntry('enrol'))
  if (enrolled === undefined) throw new Error(`the agent of ${name} was refused`)
  return enrolled
}

/** What `create` would ask for, with the source's own name. */
export async function aNewJob(store: Store, settings: Partial<NewJob> = {}): Promise<NewJob> {
  const { source } = await aSource(store)
  return {
    ...{ name: source.name, sourceId: source.id, region: 'cn-hangzhou', zone: 'cn-hangzhou-i' },
    ...{
      auto: true,
      intervalMs: 6 * 3_600_000,
      keep: 3,
      imageName: DEFAULT_IMAGE_NAME,
      bytesPerSecond: null,
      compression: null,
      connections: null,
      createdBy: 'ada',
      clonedFrom: null,
    },
    disks: source.agent?.disks ?? [],
    ...settings,
  }
}

/** The way from Ready to the states that tests begin with. */
const STEPS = {
  preparing: { set: { state: 'preparing', intermediate: 'creating' } },
  syncing: {
    set: { state: 'syncing', intermediate: 'ready' },
    startSync: { kind: 'full', trigger: 'manual', askedBy: 'ada' },
  },
  waiting: { set: { state: 'waiting' }, endSync: { result: 'ok' } },
  paused: { set: { state: 'paused', resume: 'waiting' } },
} as const satisfies Partial<Record<State, Omit<JobChange, 'audit'>>>

/** A job that the store has brought to `state` the way the engine would. */
export async function aJob(
  store: Store,
  state: 'ready' | keyof typeof STEPS = 'ready',
  settings: Partial<NewJob> = {},
): Promise<Job> {
  let job = await store.jobs.create(await aNewJob(store, settings), anEntry('create'))
  for (const step of Object.values(STEPS)) {
    if (job === undefined) throw new Error('the job could not be brought there')
    if (job.state === state) return job
    job = await store.jobs.change(job, { ...step, audit: anEntry(step.set.state) })
  }
  if (job?.state !== state) throw new Error(`the job could not be brought to ${state}`)
  return job
}
