import { describe, expect, it } from 'vitest'
import type { Job } from '../../../../core/domain/job.ts'
import { aJob, anEntry } from '../../../support/a-job.ts'
import { freshStore } from '../../../support/fresh-store.ts'

const { store, sql } = await freshStore()

const ask = (
  job: Job,
  needed = 1,
  args: Readonly<Record<string, string>> = { job: job.name },
  evidence: Readonly<Record<string, string>> = { image: '4' },
) =>
  store.approvals.request(
    {
      ...{ jobId: job.id, jobVersion: job.version, command: 'complete', args, requestedBy: 'ada', needed },
      ...{ evidence, expiresAt: new Date(Date.now() + 3_600_000) },
    },
    anEntry('complete.asked'),
    { severity: 'warning', title: 'Approval wanted' },
  )

const decide = (number: number, by: string, approve = true) =>
  store.approvals.decide(number, { by, approve, reason: null }, anEntry('approve'))

const complete = (job: Job, useApproval: number) =>
  store.jobs.change(job, { set: { state: 'completing' }, audit: anEntry('complete'), useApproval })

const countAudit = async (job: Job, action: string) =>
  (await store.audit.list({ jobId: job.id, limit: 100 })).filter((row) => row.action === action).length

describe('a request for approval', () => {
  it('is one request when it is asked for twice', async () => {
    const job = await aJob(store, 'waiting')

    const [first, second] = await Promise.all([ask(job), ask(job)])
    const other = await ask(job, 1, { job: job.name, 'last-sync': 'true' })

    expect(second.number).toBe(first.number)
    expect(other.number).not.toBe(first.number)
    expect(first).toMatchObject({
      status: 'open',
      approvedBy: [],
      jobName: job.name,
      evidence: { image: '4' },
    })
    expect(await store.approvals.open(job.id)).toEqual([first, other])
    expect(await countAudit(job, 'complete.asked')).toBe(2)
  })

  it('keeps its evidence in the order in which it was written', async () => {
    const job = await aJob(store, 'waiting')
    const evidence = { Window: 'none', 'Last sync': '#4', Image: '#4', A: 'the shortest name comes last' }
    const asked = await ask(job, 1, { job: job.name }, evidence)

    expect(Object.keys(asked.evidence)).toEqual(Object.keys(evidence))
    expect(Object.keys((await store.approvals.byNumber(asked.number))?.evidence ?? {})).toEqual(
      Object.keys(evidence),
    )
  })

  it('is approved by as many others as it needs, deciding at once', async () => {
    const request = await ask(await aJob(store, 'waiting'), 3)

    const people = ['bo', 'cy', 'di', 'ed', 'flo', 'bo', 'cy']
    const decided = await Promise.all(people.map((person) => decide(request.number, person)))

    expect(decided.filter((approval) => approval !== undefined)).toHaveLength(3)
    const approval = await store.approvals.byNumber(request.number)
    expect(approval?.status).toBe('approved')
    expect(new Set(approval?.approvedBy).size).toBe(3)
  })

  it('is never approved by the one who asked', async () => {
    const request = await ask(await aJob(store, 'waiting'))

    expect(await decide(request.number, 'ada')).toBeUndefined()
  })

  it('is ended by one denial', async () => {
    const job = await aJob(store, 'waiting')
    const request = await ask(job, 2)
    await decide(request.number, 'bo')

    expect(await decide(request.number, 'cy', false)).toMatchObject({ status: 'denied', approvedBy: ['bo'] })

    expect(await decide(request.number, 'di')).toBeUndefined()
    expect(await complete(job, request.number)).toBeUndefined()
  })

  it('expires', async () => {
    const job = await aJob(store, 'waiting')
    const request = await ask(job)
    await sql`update approvals set expires_at = now() where number = ${request.number}`

    expect(await decide(request.number, 'bo')).toBeUndefined()
    expect(await store.approvals.expire()).toBe(1)
    expect((await store.approvals.byNumber(request.number))?.status).toBe('expired')
    expect((await ask(job)).number).not.toBe(request.number)
  })
})

describe('an approval', () => {
  it('can be used once', async () => {
    const job = await aJob(store, 'waiting')
    const request = await ask(job)
    await decide(request.number, 'bo')

    const results = await Promise.all(Array.from({ length: 10 }, () => complete(job, request.number)))

    expect(results.filter((result) => result !== undefined)).toHaveLength(1)
    expect((await store.approvals.byNumber(request.number))?.status).toBe('used')
    expect(await countAudit(job, 'complete')).toBe(1)
  })

  it('changes nothing while it is open', async () => {
    const job = await aJob(store, 'waiting')
    const request = await ask(job)

    expect(await complete(job, request.number)).toBeUndefined()

    expect(await store.jobs.byId(job.id)).toEqual(job)
    expect(await countAudit(job, 'complete')).toBe(0)
  })

  it.each(['open', 'approved'])('is void once its job has changed: %s', async (status) => {
    const job = await aJob(store, 'waiting')
    const request = await ask(job)
    if (status === 'approved') await decide(request.number, 'bo')

    const changed = await store.jobs.change(job, { set: { keep: 4 }, audit: anEntry('keep') })

    expect((await store.approvals.byNumber(request.number))?.status).toBe('void')
    expect(await decide(request.number, 'bo')).toBeUndefined()
    expect(await complete(changed ?? job, request.number)).toBeUndefined()
  })

  it('of another job is worth nothing', async () => {
    const [job, other] = [await aJob(store, 'waiting'), await aJob(store, 'waiting')]
    const request = await ask(other)
    await decide(request.number, 'bo')

    expect(await complete(job, request.number)).toBeUndefined()
  })

  it('given while the job changes leaves one of both, never both', async () => {
    for (let round = 0; round < 20; round++) {
      const job = await aJob(store, 'waiting')
      const request = await ask(job)
      await Promise.all([
        decide(request.number, 'bo'),
        store.jobs.change(job, { set: { keep: 4 }, audit: anEntry('keep') }),
      ])

      expect((await store.approvals.byNumber(request.number))?.status).toBe('void')
    }
  })
})
