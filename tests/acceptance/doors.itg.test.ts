import { describe, expect, it } from 'vitest'
import type { Reply } from '../../core/commands/reply.ts'
import { startFerry } from '../support/ferry.ts'
import { MIB } from '../support/source-disks.ts'

const ferry = await startFerry()
await ferry.migrate('everywhere', [MIB])

/** Asks as a workflow does: the command and its arguments apart. */
async function fromWorkflow(command: string, args: Record<string, string>): Promise<Reply> {
  const response = await fetch(`${ferry.url}/api/commands`, {
    method: 'POST',
    headers: { authorization: 'Bearer olga', 'content-type': 'application/json' },
    body: JSON.stringify({ command, args, door: 'action', confirmed: true }),
  })
  return (await response.json()) as Reply
}

describe('a command', () => {
  it('C4: does the same from a workflow as from a terminal, and the audit tells them apart', async () => {
    const typed = await ferry.tell('interval everywhere 2h')
    const ran = await fromWorkflow('interval', { job: 'everywhere', every: '3h' })
    const sync = await fromWorkflow('sync', { job: 'everywhere' })
    await ferry.waitFor('everywhere', 'waiting', 2)
    const trouble = [
      await ferry.tell('troubleshoot everywhere'),
      await fromWorkflow('troubleshoot', { job: 'everywhere' }),
    ]
    const retry = [
      await ferry.ask('olga', 'retry everywhere'),
      await fromWorkflow('retry', { job: 'everywhere' }),
    ]

    expect(ran.code).toBe(typed.code)
    expect(ran.facts['Interval']).toBe('every 6h now, every 3h from the end of the next sync')
    expect(sync).toMatchObject({ outcome: 'accepted', code: 'sync-started' })
    expect(trouble[1]).toEqual(trouble[0])
    expect(retry[1]).toEqual(retry[0])
    const job = await ferry.store.jobs.named('everywhere')
    const doors = (await ferry.store.audit.list({ jobId: job?.id ?? '', limit: 50 }))
      .filter(({ action }) => action === 'interval')
      .map(({ actor }) => actor.door)
    expect(doors).toEqual(['action', 'cli'])
  })

  it.each([
    ['snyc everywhere', 'There is no command "snyc". Did you mean sync? `help` lists all.'],
    ['sync everywere', 'There is no job everywere. Did you mean everywhere? `list` shows all.'],
    [
      'interval everywhere',
      'interval needs every: from the end of one sync to the start of the next. Example: interval web-01 6h',
    ],
    [
      'interval everywhere 0',
      '"0" is not a duration: one whole number and one of s, m, h, d, such as 90m, 6h or 7d.',
    ],
    ['sync everywhere now', '"now" is one word too many. Usage: sync <job>'],
    ['complete everywhere --lastsync', 'complete takes no "lastsync". Did you mean last-sync?'],
    ['sync ../../etc/passwd', '"../../etc/passwd" is not a name: 3 to 40 of a-z, 0-9 and dash'],
    ["deny 1 'open", "A quote ' is opened but not closed. Example: deny 17 reason='not tonight'"],
  ])('C7: is not guessed when it reads %s: the answer says what to type instead', async (text, sentence) => {
    const before = await ferry.store.jobs.named('everywhere')

    const reply = await ferry.ask('ada', text)

    expect(reply.outcome).toBe('refused')
    expect(reply.title).toContain(sentence)
    expect(await ferry.store.jobs.named('everywhere')).toEqual(before)
  })

  it('C9: is in the audit of its job, from the first to the last, and the chain holds', async () => {
    const { table } = await ferry.tell('audit everywhere')

    const actions = new Set(table?.rows.map(([, , who, , , what]) => `${who ?? ''} ${what ?? ''}`))
    expect(actions).toContain('olga create')
    expect(actions).toContain('olga start')
    expect(actions).toContain('ferry synced')
    expect((await ferry.tell('audit verify')).code).toBe('audit-intact')
  })
})
