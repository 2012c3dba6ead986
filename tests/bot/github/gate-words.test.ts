import { describe, expect, it } from 'vitest'
import { evidenceReport, MOST_REPORT, sentenceReport, verdictOf } from '../../../bot/github/gate-words.ts'
import type { Approval } from '../../../core/domain/approval.ts'

const APPROVAL: Approval = {
  ...{
    number: 17,
    jobId: 'j',
    jobName: 'web-01',
    jobVersion: 3,
    command: 'complete',
    args: { job: 'web-01' },
  },
  ...{
    requestedBy: 'olga',
    requestedAt: new Date(0),
    expiresAt: new Date(1),
    needed: 2,
    approvedBy: ['paula'],
  },
  ...{ carriedOutBy: 'run', status: 'open', reason: null, deniedBy: null, endedAt: null },
  evidence: { 'Last sync': '#4', Window: 'none: at any time' },
}

describe('what a gate says', () => {
  it('is the evidence, who has approved and how to decide', () => {
    expect(evidenceReport(APPROVAL)).toBe(
      [
        '**complete web-01** waits for approval: request 17 of olga, 1 more person needed.',
        '- Last sync: #\u200b4',
        '- Window: none: at any time',
        '',
        'Approved by: paula',
        'Decide in Slack, in a comment (`/ferry approve 17`, `/ferry deny 17 reason=…`), or by reviewing this deployment.',
      ].join('\n'),
    )
  })

  it('is never longer than GitHub takes', () => {
    const evidence = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`Fact ${at}`, '<'.repeat(60)]))
    const approval = { ...APPROVAL, evidence, approvedBy: ['p'.repeat(900)] }

    expect(evidenceReport({ ...APPROVAL, evidence }).length).toBeLessThanOrEqual(MOST_REPORT)
    expect(evidenceReport({ ...APPROVAL, evidence })).toContain('Decide in Slack')
    expect(evidenceReport(approval).length).toBeLessThanOrEqual(MOST_REPORT)
    expect(sentenceReport('&'.repeat(2000)).length).toBeLessThanOrEqual(MOST_REPORT)
  })

  it.each([
    ['open', undefined],
    ['approved', 'approved'],
    ['used', 'approved'],
    ['denied', 'rejected'],
    ['expired', 'rejected'],
    ['void', 'rejected'],
  ] as const)('about a request that is %s is %s', (status, decision) => {
    expect(verdictOf({ ...APPROVAL, status })?.decision).toBe(decision)
  })
})
