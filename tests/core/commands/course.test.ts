import { describe, expect, it } from 'vitest'
import type { Course } from '../../../core/commands/course.ts'
import { courseAfterApproval, courseOf } from '../../../core/commands/course.ts'
import type { Reply } from '../../../core/commands/reply.ts'

function reply(data: Record<string, unknown>, more: Partial<Reply> = {}): Reply {
  return { outcome: 'accepted', code: 'x', title: 'web-01 is somewhere.', facts: {}, data, ...more }
}
const job = (state: string, more: Record<string, unknown> = {}): Reply =>
  reply({ job: 'web-01', state, syncId: 's1', completing: false, ...more }, { outcome: 'done' })
function of(first: Reply, until?: 'sync' | 'done'): Course {
  const course = courseOf({ ...first, outcome: 'accepted' }, until)
  if (course === undefined) throw new Error('there is no course')
  return course
}

describe('the course of a job', () => {
  it.each([
    ['syncing', 'waiting', 'done'],
    ['syncing', 'completed', 'done'],
    ['syncing', 'syncing', 'going'],
    ['syncing', 'pausing', 'going'],
    ['preparing', 'syncing', 'going'],
    ['pausing', 'paused', 'done'],
    ['completing', 'completed', 'done'],
    ['cancelling', 'cancelled', 'done'],
    ['clearing', 'cleared', 'done'],
    ['drilling', 'waiting', 'done'],
  ])('that was %s and is %s is %s', (first, now, is) => {
    expect(of(job(first)).look(job(now))).toMatchObject({ is })
  })

  it.each([
    ['syncing', job('paused'), 'paused'],
    ['syncing', job('cancelled'), 'cancelled'],
    ['syncing', job('error', { fault: { code: 'AGENT_OFFLINE' } }), 'agent-offline'],
    ['syncing', job('error'), 'error'],
    ['drilling', job('drill-exception'), 'drill-exception'],
    ['pausing', job('waiting'), 'waiting'],
  ])('that was %s ends otherwise by its own code', (first, now, code) => {
    expect(of(job(first)).look(now)).toMatchObject({ is: 'failed', code })
  })

  it('that completes after its last sync does not end with that sync', () => {
    const first = job('syncing', { completing: true })

    expect(of(first).look(job('waiting', { completing: true }))).toMatchObject({ is: 'failed' })
    expect(of(first).look(job('completing'))).toMatchObject({ is: 'going' })
    expect(of(first).look(job('completed'))).toMatchObject({ is: 'done' })
    expect(of(first, 'sync').look(job('completing'))).toMatchObject({ is: 'done' })
  })

  it('ends with its own sync, though the next one runs already', () => {
    expect(of(job('syncing')).look(job('syncing', { syncId: 's2' }))).toMatchObject({ is: 'done' })
  })

  it('ends when the job cannot be asked for any more', () => {
    const gone = reply({}, { outcome: 'refused', code: 'no-such-job' })

    expect(of(job('syncing')).look(gone)).toMatchObject({ is: 'failed', code: 'no-such-job' })
  })

  it('is none while the job rests', () => {
    expect(courseOf(reply({ job: 'web-01', state: 'waiting' }))).toBeUndefined()
    expect(courseOf(job('syncing'))).toBeUndefined()
    expect(courseAfterApproval(job('syncing'))).toBeDefined()
  })
})

describe('the course of a request', () => {
  const course = of(reply({ approval: 17, needed: 2 }, { code: 'approval-needed' }))
  const request = (status: string): Reply =>
    reply({ status, approvedBy: ['pete'], needed: 2, reason: status === 'denied' ? 'not tonight' : null })

  it('is asked for by its number', () => expect(course.ask).toBe('request 17'))

  it.each([
    ['open', 'going'],
    ['approved', 'going'],
    ['used', 'done'],
  ])('that is %s is %s', (status, is) => expect(course.look(request(status))).toMatchObject({ is }))

  it.each(['denied', 'expired', 'void'])('that is %s has failed by that code', (status) => {
    expect(course.look(request(status))).toMatchObject({ is: 'failed', code: `approval-${status}` })
  })

  it('says why it was denied', () => {
    expect(course.look(request('denied'))).toMatchObject({ title: expect.stringContaining('not tonight') })
  })
})

describe('the course of a verification', () => {
  const course = of(reply({ job: 'web-01', verification: 3 }))
  const records = (record: object): Reply =>
    reply({ verifications: [{ number: 2, verdict: 'Verified' }, record] })

  it.each([
    [
      { number: 3, verdict: null, doing: 'booting' },
      { is: 'going', words: 'booting' },
    ],
    [{ number: 3, verdict: 'Verified', cause: null }, { is: 'done' }],
    [{ number: 3, verdict: 'Bytes Proven', cause: null }, { is: 'done' }],
    [
      { number: 3, verdict: 'Not Verified', cause: 'NOT_BOOTED' },
      { is: 'failed', code: 'not-booted' },
    ],
    [
      { number: 4, verdict: 'Verified' },
      { is: 'failed', code: 'no-such-verification' },
    ],
  ])('%o means %o', (record, look) => expect(course.look(records(record))).toMatchObject(look))
})

describe('the course of a task', () => {
  it('is asked for until it is answered', () => {
    const course = of(reply({ job: 'web-01' }, { code: 'estimating' }))

    expect(course.ask).toBe('estimate web-01')
    expect(course.look(reply({}))).toMatchObject({ is: 'going' })
    expect(course.look(reply({}, { outcome: 'done', code: 'estimated' }))).toMatchObject({ is: 'done' })
    expect(course.look(reply({}, { outcome: 'refused', code: 'estimate-failed' }))).toMatchObject({
      ...{ is: 'failed', code: 'estimate-failed' },
    })
  })
})
