import { describe, expect, it } from 'vitest'
import { startFerry } from '../support/ferry.ts'
import { syncOf } from '../support/looks.ts'
import { MIB } from '../support/source-disks.ts'

const ferry = await startFerry({ approvals: { complete: 1, cancel: 2 } })
await ferry.migrate('approved', [MIB])

/** Asks for it as olga; the number of the request. */
async function asked(text: string): Promise<number> {
  const reply = await ferry.tell(text)
  expect(reply).toMatchObject({ outcome: 'accepted', code: 'approval-needed' })
  return Number(reply.data?.['approval'])
}

const stateOf = async (job: string) => (await ferry.store.jobs.named(job))?.state

describe('an approval', () => {
  it('C3: is not the requester’s to give, whatever role they have', async () => {
    const request = Number((await ferry.tell('complete approved', 'paula')).data?.['approval'])

    const own = await ferry.ask('paula', `approve ${request}`)
    const operator = await ferry.ask('oscar', `approve ${request}`)

    expect(own).toMatchObject({ outcome: 'refused', code: 'may-not-decide' })
    expect(own.title).toContain('you asked for it yourself; somebody else must decide')
    expect(operator).toMatchObject({ outcome: 'refused', code: 'not-allowed' })
    expect(await stateOf('approved')).toBe('waiting')
    await ferry.tell(`deny ${request} 'only a test'`, 'pete')
  })

  it('C3: is void as soon as the job has changed', async () => {
    const request = await asked('complete approved')
    await ferry.tell('limit approved 100mbit')

    const late = await ferry.ask('paula', `approve ${request}`)

    expect(late).toMatchObject({ outcome: 'refused', code: 'may-not-decide' })
    expect(late.title).toContain('the job has changed')
    expect(await stateOf('approved')).toBe('waiting')
  })

  it('C3: expires', async () => {
    const request = await asked('complete approved')
    await ferry.sql`update approvals set expires_at = now() - interval '1 ms' where number = ${request}`

    const late = await ferry.ask('paula', `approve ${request}`)
    const again = await asked('complete approved')

    expect(late.title).toMatch(/has expired; ask again|is expired already/)
    expect(again).not.toBe(request)
    await ferry.tell(`deny ${again} 'only a test'`, 'pete')
  })

  it('C3: is denied with a reason, and nothing happens then', async () => {
    const request = await asked('complete approved')

    const denied = await ferry.tell(`deny ${request} 'not before the backup'`, 'paula')
    const late = await ferry.ask('pete', `approve ${request}`)

    expect(denied.facts['Reason']).toBe('not before the backup')
    expect(late.title).toBe(`You cannot decide on request ${request}: it is denied.`)
    expect(await stateOf('approved')).toBe('waiting')
  })

  it('C3: counts people, not clicks, when two are needed', async () => {
    const request = await asked('cancel approved')

    const first = await ferry.tell(`approve ${request}`, 'paula')
    const twice = await ferry.ask('paula', `approve ${request}`)

    expect(first).toMatchObject({ outcome: 'accepted', code: 'approved', data: { missing: 1 } })
    expect(twice.title).toContain('you have approved it already')
    expect(await stateOf('approved')).toBe('waiting')
    await ferry.tell(`deny ${request} 'only a test'`, 'pete')
  })

  it('C3: has one effect when many give it at once, and the audit says who', async () => {
    const request = await asked('complete approved --last-sync --services-stopped')

    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        ferry.ask((['paula', 'pete', 'ada'] as const)[index % 3] ?? 'ada', `approve ${request}`),
      ),
    )
    await ferry.waitFor('approved', 'completed', 2)

    expect(replies.filter(({ code }) => code === 'completing')).toHaveLength(1)
    expect(await syncOf(ferry, 'approved')).toMatchObject({ sync: 2, kind: 'final', askedBy: 'olga' })
    const job = await ferry.store.jobs.named('approved')
    const rows = await ferry.store.audit.list({ jobId: job?.id ?? '', limit: 200 })
    expect(rows.filter(({ action, outcome }) => action === 'complete' && outcome === 'syncing')).toHaveLength(
      1,
    )
    expect(
      rows.filter(({ action, facts }) => action === 'approve' && facts?.['request'] === request),
    ).toHaveLength(1)
  })
})
