import { describe, expect, it } from 'vitest'
import type { FleetFacts } from '../../../core/domain/fleet.ts'
import { lagOf, needsOf } from '../../../core/domain/fleet.ts'
import type { Job } from '../../../core/domain/job.ts'

const now = new Date('2026-11-28T14:00:00Z')
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000)

function facts(job: Partial<Job>, more: Partial<FleetFacts> = {}): FleetFacts {
  return {
    job: { name: 'web-01', state: 'waiting', fault: null, ...job } as Job,
    ...{ running: null, movedAt: null, last: null, images: 0, verdict: null, costs: [], unpriced: 0 },
    ...{ approvals: [], seenAt: now },
    ...more,
  }
}
const last = { number: 3, startedAt: ago(70), transferredAt: ago(61), endedAt: ago(60) }
const needs = (job: Partial<Job>, more: Partial<FleetFacts> = {}) =>
  needsOf(facts(job, more), now, 45_000).map(({ command }) => command)

describe('the lag of a job', () => {
  it('is the age of the bytes in its newest image', () => {
    expect(lagOf(facts({}, { last }), now)).toBe(61 * 60_000)
  })
  it('is not told before there is an image, nor after the end', () => {
    expect(lagOf(facts({}), now)).toBeNull()
    expect(lagOf(facts({ state: 'completed' }, { last }), now)).toBeNull()
  })
})

describe('what waits for a person', () => {
  it.each([
    [{}, {}, []],
    [{ state: 'syncing' }, {}, []],
    [{ state: 'error' }, {}, ['troubleshoot web-01']],
    [{ state: 'drill-exception' }, {}, ['report web-01']],
    [{ state: 'paused' }, {}, ['resume web-01']],
    [{ state: 'ready' }, {}, ['start web-01']],
    [{}, { approvals: [17, 18] }, ['approve 17', 'approve 18']],
    [{ state: 'error' }, { approvals: [17] }, ['approve 17', 'troubleshoot web-01']],
    [{}, { seenAt: ago(1) }, ['troubleshoot web-01']],
    [{ state: 'completed' }, { seenAt: null }, []],
  ] as const)('of %j with %j is %j', (job, more, commands) => expect(needs(job, more)).toEqual(commands))
})
