import { describe, expect, it } from 'vitest'
import { changedEvidence, whyNotDecide } from '../../../core/domain/approval.ts'

const now = new Date('2026-11-23T02:00:00Z')
const open = {
  status: 'open' as const,
  requestedBy: 'alice',
  deniedBy: null as string | null,
  approvedBy: [] as string[],
  expiresAt: new Date('2026-11-23T03:00:00Z'),
  jobVersion: 5,
}
const bob = { name: 'bob', role: 'approver' as const }

describe('an approval', () => {
  it('C3: may be given by somebody else with the role', () => {
    expect(whyNotDecide(open, bob, { version: 5 }, now)).toBeUndefined()
  })

  it('C3: is never given by the requester', () => {
    expect(whyNotDecide(open, { name: 'alice', role: 'admin' }, { version: 5 }, now)).toContain(
      'asked for it yourself',
    )
  })

  it('is not given twice by the same person', () => {
    expect(whyNotDecide({ ...open, approvedBy: ['bob'] }, bob, { version: 5 }, now)).toContain(
      'approved it already',
    )
  })

  it('is not given by an operator', () => {
    expect(whyNotDecide(open, { name: 'carl', role: 'operator' }, { version: 5 }, now)).toContain(
      'only an approver',
    )
  })

  it('ends at its expiry, to the millisecond', () => {
    expect(whyNotDecide(open, bob, { version: 5 }, new Date(open.expiresAt.getTime() - 1))).toBeUndefined()
    expect(whyNotDecide(open, bob, { version: 5 }, open.expiresAt)).toContain('expired')
  })

  it('is void once the job has changed', () => {
    expect(whyNotDecide(open, bob, { version: 6 }, now)).toContain('changed')
    expect(whyNotDecide({ ...open, status: 'void' }, bob, { version: 6 }, now)).toContain('changed')
  })
})

describe('a request that is over', () => {
  it('says how it ended, and tells what was taken back from what was denied', () => {
    const denied = { ...open, status: 'denied' as const, deniedBy: 'bob' }
    expect(whyNotDecide(denied, bob, { version: 5 }, now)).toBe('it is denied')
    expect(whyNotDecide({ ...denied, deniedBy: 'alice' }, bob, { version: 5 }, now)).toBe('it is withdrawn')
    expect(whyNotDecide({ ...open, status: 'used' }, bob, { version: 5 }, now)).toBe(
      'it is approved and carried out',
    )
  })
})

describe('the evidence of an approval', () => {
  const seen = { Window: 'none', 'Newest image': '#4, not verified yet', 'Cutover now': '6 to 8 min' }

  it('stands while all that was decided on is as it was shown', () => {
    expect(changedEvidence(seen, { Window: 'none', 'Newest image': '#4, not verified yet' })).toBeUndefined()
  })

  it('has changed with one fact, also with one that was not shown', () => {
    expect(changedEvidence(seen, { Window: 'none', 'Newest image': '#4, Verified' })).toBe(
      'Newest image was "#4, not verified yet" and is "#4, Verified" now',
    )
    expect(changedEvidence(seen, { Services: 'stopped' })).toBe(
      'Services was "not shown" and is "stopped" now',
    )
  })
})
