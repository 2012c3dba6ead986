import { describe, expect, it } from 'vitest'
import type { Approval } from '../../../core/domain/approval.ts'
import type { Cutover, CutoverJob } from '../../../core/domain/cutover.ts'
import {
  mayLead,
  rolesWords,
  withAcceptance,
  withObstacle,
  withOffer,
  withTick,
} from '../../../core/domain/cutover.ts'
import { downtimeOf, reportOf, timelineOf } from '../../../core/domain/cutover-report.ts'
import type { JobFacts, StepName } from '../../../core/domain/cutover-steps.ts'
import { isThrough, stepsOf } from '../../../core/domain/cutover-steps.ts'
import { ASK_AGAIN_MS, nextAsks } from '../../../core/domain/cutover-wave.ts'
import type { Image, Job, Sync } from '../../../core/domain/job.ts'
import { NO_PROGRESS } from '../../../core/domain/job.ts'

const now = new Date('2026-11-28T14:00:00Z')
const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000)
const mark = (by: string, minutes = 0) => ({ by, at: at(minutes) })

const entry = (job: string, more: Partial<CutoverJob> = {}): CutoverJob => ({
  ...{ jobId: `id of ${job}`, job, ticks: {}, obstacle: null },
  ...more,
})
const cutover = (more: Partial<Cutover> = {}): Cutover => ({
  ...{ number: 3, version: 1, startedBy: 'olga', startedAt: at(-60), concurrency: 1 },
  ...{ stopsOnFailure: true, verifies: true, roles: { lead: 'olga' }, offers: [] },
  ...{ jobs: [entry('web-01'), entry('web-02')], signedOff: null, ended: null },
  ...more,
})
const stopped = { ticks: { 'services-stopped': mark('olga', -5) } }

interface Given {
  readonly entry?: Partial<CutoverJob>
  readonly job?: Partial<Job>
  readonly finalSync?: Partial<Sync>
  readonly request?: Partial<Approval>
  readonly verdict?: Image['verdict']
  readonly verifying?: string
  readonly needed?: number
}
function facts(name: string, given: Given = {}): JobFacts {
  const base = { name, state: 'waiting', completing: false, version: 7, fault: null, windows: [] }
  const sync = {
    number: 4,
    kind: 'final',
    phase: 'comparing',
    result: null,
    startedAt: at(-4),
    endedAt: null,
  }
  const request = { number: 17, status: 'open', approvedBy: [], needed: 1, reason: null, deniedBy: null }
  return {
    entry: entry(name, given.entry),
    job: { ...base, ...given.job } as Job,
    finalSync:
      given.finalSync && ({ ...sync, progress: NO_PROGRESS, askedBy: 'olga', ...given.finalSync } as Sync),
    request: given.request && ({ ...request, endedAt: null, ...given.request } as Approval),
    needed: given.needed ?? 1,
    image: { number: 4, cloudId: 'm-4', verdict: given.verdict ?? null } as Image,
    verifying: given.verifying,
  }
}
const COMPLETED: Given = {
  entry: stopped,
  job: { state: 'completed', completing: true },
  finalSync: { result: 'ok', endedAt: at(-1) },
  request: { status: 'used', approvedBy: ['paula'] },
}
const stateOf = (given: Given, step: StepName) =>
  stepsOf(facts('web-01', given)).find((each) => each.step === step)

describe('the checklist of a cutover', () => {
  it.each<[string, Given, StepName, object]>([
    ['nothing is done', {}, 'services-stopped', { state: 'to do' }],
    ['it is ticked', { entry: stopped }, 'services-stopped', { state: 'done', detail: 'by olga' }],
    [
      'it was said with complete',
      { job: { completing: true }, finalSync: { servicesStopped: true } },
      'services-stopped',
      { state: 'done', detail: 'as olga said' },
    ],
    ['nobody has said so', { job: { completing: true } }, 'services-stopped', { state: 'left out' }],
    ['others must agree', {}, 'approval', { state: 'to do', detail: '1 needed' }],
    ['the policy asks for none', { needed: 0 }, 'approval', { state: 'left out' }],
    ['it is asked', { request: {} }, 'approval', { state: 'doing', detail: 'request 17: 0 of 1' }],
    ['it is approved', { request: { status: 'approved' } }, 'approval', { state: 'doing' }],
    [
      'it is denied',
      { entry: stopped, request: { status: 'denied', deniedBy: 'pete', reason: 'no', endedAt: at(-1) } },
      'approval',
      { state: 'failed', detail: 'request 17 is denied by pete: no' },
    ],
    [
      'it was denied, and asked anew',
      {
        entry: { ticks: { 'services-stopped': mark('olga') } },
        request: { status: 'denied', endedAt: at(-1) },
      },
      'approval',
      { state: 'to do' },
    ],
    ['it has expired', { request: { status: 'expired', endedAt: at(-1) } }, 'approval', { state: 'failed' }],
    [
      'the job has changed since',
      { request: { status: 'void', endedAt: at(-1) } },
      'approval',
      { state: 'to do' },
    ],
    ['it was used', COMPLETED, 'approval', { state: 'done', detail: 'by paula (request 17)' }],
    [
      'none was needed',
      { job: { state: 'syncing', completing: true } },
      'approval',
      { state: 'left out', detail: 'none was needed' },
    ],
    [
      'it runs',
      { job: { state: 'syncing', completing: true }, finalSync: {} },
      'last-sync',
      { state: 'doing', detail: '#4 is comparing, 0 %' },
    ],
    [
      'it is paused',
      { job: { state: 'paused', completing: true }, finalSync: {} },
      'last-sync',
      { state: 'doing', detail: '#4 is Paused' },
    ],
    [
      'it has failed',
      {
        job: {
          state: 'error',
          completing: true,
          fault: { code: 'AGENT_OFFLINE', detail: '', at: now, tries: 5 },
        },
        finalSync: {},
      },
      'last-sync',
      { state: 'failed', detail: expect.stringMatching(/^AGENT_OFFLINE: /) as string },
    ],
    ['it is through', COMPLETED, 'last-sync', { state: 'done', detail: '#4: 0 B changed, 3m' }],
    ['there was none', { job: { state: 'completed', completing: true } }, 'last-sync', { state: 'left out' }],
    ['it is Completed', COMPLETED, 'complete', { state: 'done' }],
    ['it is Completing', { job: { state: 'completing', completing: true } }, 'complete', { state: 'doing' }],
    ['it is Cancelled', { job: { state: 'cancelled' } }, 'complete', { state: 'failed' }],
    ['its end fails', { job: { state: 'error', resume: 'completing' } }, 'complete', { state: 'failed' }],
    [
      'something stands in the way',
      { entry: { obstacle: { code: 'outside-window', title: 'Not now.', at: now, jobVersion: 7 } } },
      'complete',
      { state: 'to do', detail: 'Not now.' },
    ],
    [
      'its job is Paused',
      { entry: stopped, job: { state: 'paused' } },
      'complete',
      { state: 'to do', detail: 'the job is Paused' },
    ],
    ['it is not over yet', { verdict: 'Verified' }, 'verify', { state: 'to do' }],
    ['it is Verified', { ...COMPLETED, verdict: 'Verified' }, 'verify', { state: 'done' }],
    [
      'it is being verified',
      { ...COMPLETED, verifying: 'booting' },
      'verify',
      { state: 'doing', detail: 'booting' },
    ],
    ['it is Not Verified', { ...COMPLETED, verdict: 'Not Verified' }, 'verify', { state: 'failed' }],
    [
      'somebody has looked',
      { ...COMPLETED, verdict: 'Not Verified', entry: { ticks: { 'verified-by-hand': mark('olga') } } },
      'verify',
      { state: 'done', detail: 'looked at by olga' },
    ],
  ])('when %s', (_what, given, step, expected) => expect(stateOf(given, step)).toMatchObject(expected))

  it('is through when all is done or left out', () => {
    const all = {
      ...COMPLETED,
      verdict: 'Verified' as const,
      entry: { ticks: { ...stopped.ticks, addresses: mark('olga'), 'services-up': mark('olga') } },
    }
    expect(isThrough(stepsOf(facts('web-01', all)))).toBe(true)
    expect(isThrough(stepsOf(facts('web-01', COMPLETED)))).toBe(false)
  })
})

describe('the wave', () => {
  const next = (given: readonly Given[], more: Partial<Cutover> = {}) => {
    const names = ['web-01', 'web-02', 'web-03'].slice(0, given.length)
    return nextAsks(
      cutover(more),
      names.map((name, nth) => facts(name, given[nth])),
      now,
    )
  }
  const completes = (given: readonly Given[], more: Partial<Cutover> = {}) =>
    next(given, more)
      .asks.filter(({ command }) => command === 'complete')
      .map(({ job }) => job)
  const READY: Given = { entry: stopped }
  const RUNS: Given = { entry: stopped, job: { state: 'syncing', completing: true }, finalSync: {} }
  const VERIFIED: Given = { ...COMPLETED, verdict: 'Verified' }
  const FAILED: Given = { ...RUNS, job: { state: 'error', completing: true } }

  it('asks to complete a job once its services are stopped, as the person who said so', () => {
    expect(next([READY, {}]).asks).toEqual([{ command: 'complete', job: 'web-01', as: 'olga' }])
    expect(completes([{}, {}])).toEqual([])
  })

  it('relies upon what was said of the services for a night, and no longer', () => {
    const said = (hours: number): Given => ({
      entry: { ticks: { 'services-stopped': mark('olga', -60 * hours) } },
    })
    expect(next([said(12)]).asks).toEqual([{ command: 'complete', job: 'web-01', as: 'olga' }])
    expect(next([said(13)]).asks).toEqual([
      { command: 'complete', job: 'web-01', as: 'olga', staleSince: at(-60 * 13) },
    ])
  })

  it.each<[string, readonly Given[], Partial<Cutover>, readonly string[]]>([
    ['one after the other', [READY, READY], {}, ['web-01']],
    ['two at a time', [READY, READY, READY], { concurrency: 2 }, ['web-01', 'web-02']],
    ['in order, whoever is ready first', [{}, READY], {}, []],
    ['the next one while the first is on its way, if two may', [RUNS, READY], { concurrency: 2 }, ['web-02']],
    ['not while the first is on its way, if one may', [RUNS, READY], {}, []],
    ['not while others decide on the first', [{ ...READY, request: {} }, READY], {}, []],
    ['the next one after the first is verified', [VERIFIED, READY], {}, ['web-02']],
    ['not before it is verified', [COMPLETED, READY], {}, []],
    [
      'the next one after it is Completed, if nothing is verified',
      [COMPLETED, READY],
      { verifies: false },
      ['web-02'],
    ],
    ['nothing once one has failed', [FAILED, READY], { concurrency: 2 }, []],
    [
      'the others, if the wave goes on',
      [FAILED, READY],
      { concurrency: 2, stopsOnFailure: false },
      ['web-02'],
    ],
    ['nothing when the image is Not Verified', [{ ...COMPLETED, verdict: 'Not Verified' }, READY], {}, []],
    [
      'nothing once it was stopped',
      [READY],
      { ended: { ...mark('olga'), result: 'stopped', reason: 'x' } },
      [],
    ],
    [
      'the others after a denial, if the wave goes on',
      [{ ...READY, request: { status: 'denied', endedAt: at(-1) } }, READY],
      { stopsOnFailure: false },
      ['web-02'],
    ],
    [
      'the others after a failure, one at a time',
      [FAILED, READY, READY],
      { stopsOnFailure: false },
      ['web-02'],
    ],
    ['nothing that is not Waiting', [{ ...READY, job: { state: 'syncing' } }], {}, []],
  ])('begins %s', (_what, given, more, jobs) => expect(completes(given, more)).toEqual(jobs))

  it('says what holds it up', () => {
    expect(next([FAILED, READY]).halted).toMatch(/^web-01: last-sync: /)
    expect(next([READY, READY]).halted).toBeNull()
  })

  it('does not ask again by itself after a denial, but after a new tick', () => {
    const denied = { status: 'denied', endedAt: at(-1) } as const
    expect(completes([{ entry: stopped, request: denied }], { stopsOnFailure: false })).toEqual([])
    const anew = { ticks: { 'services-stopped': mark('olga', -0.5) } }
    expect(completes([{ entry: anew, request: denied }])).toEqual(['web-01'])
  })

  it('asks again after a refusal once the job has changed, or a while later', () => {
    const refused = (minutes: number, jobVersion = 7) => ({
      entry: {
        ...stopped,
        obstacle: { code: 'frozen', title: 'It is frozen.', at: at(minutes), jobVersion },
      },
    })
    expect(completes([refused(0)])).toEqual([])
    expect(completes([refused(0, 6)])).toEqual(['web-01'])
    expect(completes([refused(-ASK_AGAIN_MS / 60_000)])).toEqual(['web-01'])
  })

  it('verifies what is Completed, once, as the lead', () => {
    expect(next([COMPLETED]).asks).toEqual([{ command: 'verify', job: 'web-01', as: 'olga' }])
    expect(next([{ ...COMPLETED, verifying: 'booting' }]).asks).toEqual([])
    expect(next([VERIFIED]).asks).toEqual([])
    expect(next([COMPLETED], { verifies: false }).asks).toEqual([])
  })
})

describe('the people of a cutover', () => {
  it('tick, and take back what they ticked by mistake', () => {
    const ticked = withTick(cutover(), ['web-01', 'web-02'], 'addresses', mark('olga'))
    expect(ticked?.jobs.map(({ ticks }) => ticks.addresses?.by)).toEqual(['olga', 'olga'])
    const undone = ticked && withTick(ticked, ['web-01'], 'addresses', null)
    expect(undone?.jobs.map(({ ticks }) => ticks.addresses?.by)).toEqual([undefined, 'olga'])
    expect(withTick(cutover(), ['web-01'], 'addresses', null)).toBeUndefined()
  })

  it('have a new tick ask anew what stood in the way', () => {
    const obstacle = { code: 'frozen', title: 'It is frozen.', at: now, jobVersion: 7 }
    const blocked = withObstacle(cutover(), 'web-01', obstacle)
    expect(blocked.jobs[0]?.obstacle).toEqual(obstacle)
    expect(withTick(blocked, ['web-01'], 'services-stopped', mark('olga'))?.jobs[0]?.obstacle).toBeNull()
  })

  it('hand a role over once the other accepts, not before', () => {
    const offered = withOffer(cutover(), { role: 'lead', to: 'pete', ...mark('olga') })
    expect(offered.roles.lead).toBe('olga')
    expect(rolesWords(offered)).toBe('lead olga; lead offered to pete, not accepted yet')
    expect(withAcceptance(offered, 'bob')).toBeUndefined()

    const taken = withAcceptance(offered, 'pete')
    expect(taken).toMatchObject({ roles: { lead: 'pete' }, offers: [] })
    expect(taken && mayLead(taken, { name: 'olga', role: 'operator' })).toBe(false)
    expect(taken && mayLead(taken, { name: 'pete', role: 'operator' })).toBe(true)
    expect(taken && mayLead(taken, { name: 'ada', role: 'admin' })).toBe(true)
  })

  it('offer a role to one at a time', () => {
    const first = withOffer(cutover({ roles: {} }), { role: 'lead', to: 'pete', ...mark('olga') })
    const second = withOffer(first, { role: 'lead', to: 'bob', ...mark('olga') })
    expect(second.offers.map(({ to }) => to)).toEqual(['bob'])
    expect(rolesWords(second)).toBe('no lead yet; lead offered to bob, not accepted yet')
  })
})

describe('the story of a cutover', () => {
  const row = (minutes: number, job: string | null, action: string, more: object = {}) => ({
    ...{ at: at(minutes), job, person: 'olga', action, outcome: 'done', facts: {} },
    ...more,
  })

  it('is told oldest first, with what was done to several jobs as one', () => {
    const told = timelineOf([
      row(2, 'web-01', 'synced', { outcome: 'waiting', person: 'ferry', facts: { sync: 4, image: 'm-4' } }),
      row(1, 'web-02', 'cutover check', { facts: { cutover: 3, step: 'addresses' } }),
      row(1, 'web-01', 'cutover check', { facts: { cutover: 3, step: 'addresses' } }),
      row(3, 'web-01', 'sync.due'),
    ])
    expect(told).toEqual([
      { at: at(1), who: 'olga', job: 'web-02, web-01', what: 'cutover check: step addresses' },
      { at: at(2), who: 'ferry', job: 'web-01', what: 'synced: waiting, sync 4, image m-4' },
    ])
  })

  it('knows the downtime from the stop of the services to their start', () => {
    const both = { ...stopped.ticks, 'services-up': mark('olga', 10) }
    expect(downtimeOf(facts('web-01', { entry: { ticks: both } }))).toBe(15 * 60_000)
    expect(downtimeOf(facts('web-01', { entry: stopped }))).toBeNull()
  })

  it('ends with a report in which nobody is mentioned and no cell is broken', () => {
    const ended = { ...mark('olga'), result: 'stopped', reason: 'the @channel | said <b>no</b>' } as const
    const report = reportOf(
      cutover({ ended }),
      [facts('web-01', COMPLETED), facts('web-02')],
      [{ at: now, who: 'olga', job: 'web-01', what: 'cutover stop: reason a|b' }],
      ['6 to 8 min; 7m, inside', ''],
      now,
    )
    expect(report).toContain('# Cutover 3: web-01, web-02')
    expect(report).toContain(
      '| web-01 | Completed | not known | #4: 0 B changed, 3m | 6 to 8 min; 7m, inside |',
    )
    expect(report).toContain('a\\|b')
    expect(report).not.toContain('@channel')
    expect(report).toContain('\\<b\\>no\\</b\\>')
  })
})
