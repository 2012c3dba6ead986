/**
 * Random lives of jobs on a real PostgreSQL: people ask by commands, the engine tells what its work comes to, others
 * hold a job as it was a moment ago. Whatever the order, the invariants hold and every life can be ended.
 * The same lives each time here; `npm run soak` tries others (FERRY_MODEL_LIVES, FERRY_MODEL_SEED).
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Job, State } from '../../core/domain/job.ts'
import { STATES } from '../../core/domain/job.ts'
import { legalPairs, move } from '../../core/domain/life.ts'
import { ROLES } from '../../core/domain/policy.ts'
import { openCommands } from '../support/commands.ts'
import { jobIn } from '../support/job-in-state.ts'
import { goOn, tell, TOLD, type EngineStep } from './engine-steps.ts'

const LIVES = Number(process.env['FERRY_MODEL_LIVES'] ?? 2000)
/** Lives that go on at the same time: they mostly wait for the database. */
const AT_ONCE = 8
const LONGEST = 16
/** From any state, this many steps of people and engine lead to Cleared (I12). */
const STEPS_TO_THE_END = 6

const { store, ask } = await openCommands({ complete: 1 })

const ASKED = {
  start: 'start',
  sync: 'sync',
  'complete --last-sync --services-stopped': 'last-sync',
  complete: 'complete',
  pause: 'pause',
  resume: 'resume',
  retry: 'retry',
  drill: 'drill',
  cancel: 'cancel',
  clear: 'clear',
} as const
const SETTINGS = [
  'interval every=1h',
  'interval every=7d',
  'keep images=1',
  'keep images=10',
  'auto on',
  'auto off',
]

type Step =
  | { readonly kind: 'ask'; readonly role: (typeof ROLES)[number]; readonly text: string }
  /** The engine's work in progress comes to its end. */
  | { readonly kind: 'go' }
  | { readonly kind: 'tell'; readonly step: EngineStep }
  | { readonly kind: 'approve'; readonly role: (typeof ROLES)[number] }
  /** Somebody writes by what they saw before the last step. */
  | { readonly kind: 'stale'; readonly step: EngineStep }
  /** Two people ask at the same moment. */
  | { readonly kind: 'race'; readonly texts: readonly [string, string] }

const text = fc.constantFrom(...Object.keys(ASKED), ...SETTINGS)
const role = fc.constantFrom(...ROLES, 'operator' as const, 'operator' as const)
const told = fc.constantFrom<EngineStep>(...TOLD, 'lost')
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('ask' as const), role, text }) },
  { weight: 5, arbitrary: fc.constant({ kind: 'go' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('tell' as const), step: told }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('approve' as const), role }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stale' as const), step: told }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('race' as const), texts: fc.tuple(text, text) }) },
)

/** The states that some life has come to: lives that go nowhere would prove nothing. */
const visited = new Set<State>(['ready', 'cleared'])

const LEGAL = new Set(legalPairs().map(([from, to]) => `${from} ${to}`))

/** What must be true between two looks at a job. */
async function check(before: Job, after: Job): Promise<void> {
  const running = (await store.syncs.list(after.id)).filter(({ result }) => result === null)
  expect(running.length, 'I1').toBeLessThanOrEqual(1)
  expect(after.epoch, 'I2').toBeGreaterThanOrEqual(before.epoch)
  expect(after.version, 'every change raises the version').toBeGreaterThanOrEqual(before.version)
  if (after.state !== before.state) expect(after.version).toBeGreaterThan(before.version)
  if (['completed', 'cancelled', 'cleared'].includes(after.state)) expect(after.nextSyncAt, 'I6').toBeNull()
  if (before.intermediate === 'lost' && before.state !== 'syncing')
    expect(after.state, 'I8').not.toBe('syncing')
  if (after.nextSyncAt !== null && after.state === 'waiting') {
    const [last] = (await store.syncs.list(after.id, 1)).filter(({ endedAt }) => endedAt !== null)
    const earliest = (last?.endedAt?.getTime() ?? 0) + after.intervalMs
    // Ends are written by the database's clock, the next sync by the engine's: they may differ by a moment.
    expect(after.nextSyncAt.getTime() + 1000, 'I11').toBeGreaterThanOrEqual(earliest)
  }
}

async function look(id: string): Promise<Job> {
  const job = await store.jobs.byId(id)
  if (job === undefined) throw new Error('a job is never gone')
  return job
}

async function take(before: Job, seen: Job, next: Step): Promise<void> {
  const line = (words: string): string => {
    const [command = '', ...rest] = words.split(' ')
    return [command, before.name, ...rest].join(' ')
  }
  switch (next.kind) {
    case 'ask': {
      const reply = await ask(next.role, line(next.text))
      const event = ASKED[next.text as keyof typeof ASKED]
      if (event !== undefined && move(before, event) === undefined)
        expect(reply.outcome, next.text).toBe('refused')
      if (next.role === 'viewer') expect(reply.code).toBe('not-allowed')
      return
    }
    case 'race':
      await Promise.all(next.texts.map((words) => ask('operator', line(words))))
      return
    case 'approve': {
      const [open] = await store.approvals.open(before.id)
      if (open === undefined) return
      const { outcome } = await ask(next.role, `approve ${open.number}`)
      const mayDecide = next.role === 'approver' || next.role === 'admin'
      if (!mayDecide || next.role === open.requestedBy) expect(outcome, 'I9').toBe('refused')
      return
    }
    case 'go':
      await goOn(store, before, new Date())
      return
    case 'tell':
      await tell(store, before, next.step, new Date())
      return
    case 'stale':
      if (seen.version < before.version) {
        expect(
          await tell(store, seen, next.step, new Date()),
          'I2: what was changed since is not written over',
        ).toBeUndefined()
        expect(await look(before.id)).toEqual(before)
      }
  }
}

/** I3, I10: what the audit says of the whole life. */
async function checkRecords(job: Job, first: State, seen: readonly State[]): Promise<void> {
  const rows = [...(await store.audit.list({ jobId: job.id, limit: 500 }))].reverse()
  const states = rows.flatMap(({ outcome }) => STATES.find((state) => state === outcome) ?? [])
  let at = first
  for (const state of states) {
    if (state !== at) expect(LEGAL.has(`${at} ${state}`), `I3: ${at} to ${state}`).toBe(true)
    at = state
  }
  expect(at, 'I10: the audit tells every move').toBe(job.state)
  expect(seen.every((state) => state === first || states.includes(state))).toBe(true)
}

/** I12: brings the job to its end, as a person would. */
async function end(job: Job): Promise<void> {
  let now = job
  for (let steps = 0; now.state !== 'cleared'; steps++) {
    expect(steps, `I12: ${job.state} leads to the end`).toBeLessThan(STEPS_TO_THE_END)
    const byEngine: Partial<Record<State, EngineStep>> = {
      completing: 'completed',
      cancelling: 'cancelled',
      clearing: 'cleared',
    }
    const step = byEngine[now.state]
    if (step !== undefined) await tell(store, now, step, new Date())
    else await ask('admin', `${move(now, 'clear') === undefined ? 'cancel' : 'clear'} ${now.name}`)
    now = await look(job.id)
  }
}

async function live(auto: boolean, steps: readonly Step[]): Promise<void> {
  let job = await jobIn(store, 'ready', { auto })
  const seen: State[] = [job.state]
  let before = job
  for (const next of steps) {
    await take(job, before, next)
    const after = await look(job.id)
    await check(job, after)
    before = job
    job = after
    seen.push(job.state)
    visited.add(job.state)
  }
  await checkRecords(
    job,
    'ready',
    seen.filter((state, i) => state !== seen[i - 1]),
  )
  await end(job)
}

describe('any life of a job', () => {
  it(`holds I1 to I3, I6 and I8 to I12, in ${LIVES} lives`, { timeout: 600_000 }, async () => {
    const seed = Number(process.env['FERRY_MODEL_SEED'] ?? 1)
    const life = fc.asyncProperty(fc.boolean(), fc.array(step, { maxLength: LONGEST, size: 'max' }), live)
    await Promise.all(
      Array.from({ length: AT_ONCE }, (_, i) =>
        fc.assert(life, { numRuns: Math.ceil(LIVES / AT_ONCE), seed: seed + i }),
      ),
    )
  })

  it('has been in every state', () => {
    expect(STATES.filter((state) => !visited.has(state))).toEqual([])
  })
})
