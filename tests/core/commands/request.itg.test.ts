import { describe, expect, it } from 'vitest'
import { openCommands } from '../../support/commands.ts'
import { jobIn } from '../../support/job-in-state.ts'

const { store, ask } = await openCommands({ complete: 2 })

async function requested(): Promise<{ job: string; number: number }> {
  const { name } = await jobIn(store, 'waiting')
  const reply = await ask('operator', `complete ${name}`)
  return { job: name, number: Number(reply.data?.['approval']) }
}

describe('request', () => {
  it('shows what is asked, by whom, on what evidence, and how to decide', async () => {
    const { job, number } = await requested()
    await ask('approver', `approve ${number}`)

    const reply = await ask('viewer', `request ${number}`)

    expect(reply).toMatchObject({
      outcome: 'done',
      title: `Request ${number}, complete ${job}, waits for approval.`,
      facts: { 'What is asked': `complete job=${job}`, 'Approved by': 'approver; 1 of 2' },
      data: { status: 'open', job, requestedBy: 'operator', approvedBy: ['approver'], needed: 2 },
    })
    expect(reply.actions?.map(({ label }) => label)).toEqual(['approve', 'deny'])
  })

  it('tells how it ended', async () => {
    const denied = await requested()
    await ask('approver', `deny ${denied.number} reason='not tonight'`)
    const overtaken = await requested()
    await ask('operator', `interval ${overtaken.job} 3h`)

    expect((await ask('viewer', `request ${denied.number}`)).data).toMatchObject({
      ...{ status: 'denied', reason: 'not tonight' },
    })
    expect((await ask('viewer', `request ${overtaken.number}`)).data).toMatchObject({ status: 'void' })
    expect((await ask('viewer', 'request 999999')).code).toBe('no-such-request')
  })
})

describe('withdraw', () => {
  it('ends a request of one’s own: nobody can approve it any more', async () => {
    const { job, number } = await requested()

    expect(await ask('operator', `withdraw ${number}`)).toMatchObject({ outcome: 'done', code: 'withdrawn' })

    expect((await ask('approver', `approve ${number}`)).code).toBe('may-not-decide')
    expect((await ask('viewer', `request ${number}`)).data).toMatchObject({
      ...{ status: 'denied', reason: 'withdrawn by operator' },
    })
    expect((await ask('operator', `withdraw ${number}`)).code).toBe('not-open')
    const { id = '' } = (await store.jobs.named(job)) ?? {}
    const audited = await store.audit.list({ jobId: id, limit: 5 })
    expect(audited.filter(({ outcome }) => outcome === 'withdrawn')).toHaveLength(1)
  })

  it('is refused for a request of somebody else', async () => {
    const { number } = await requested()

    expect(await ask('admin', `withdraw ${number}`)).toMatchObject({ outcome: 'refused', code: 'not-yours' })
    expect((await ask('viewer', `request ${number}`)).data).toMatchObject({ status: 'open' })
  })
})
