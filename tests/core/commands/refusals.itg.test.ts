import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Reply } from '../../../core/commands/reply.ts'
import type { TestBot } from '../../support/bot.ts'
import { startTestBot } from '../../support/bot.ts'

let bot: TestBot

beforeAll(async () => {
  bot = await startTestBot()
})
afterAll(() => bot.stop())

async function ask(person: string, command: string, args: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(`${bot.url}/api/commands`, {
    method: 'POST',
    headers: { authorization: `Bearer ${person}`, 'content-type': 'application/json' },
    body: JSON.stringify({ command, args }),
  })
  return (await response.json()) as Reply
}

describe('a refused command', () => {
  it.each([
    ['a NUL', 'web\u0000-01'],
    ['half of a surrogate pair', 'web\ud800-01'],
    ['an emoji', 'web-🚢'],
    ['a path', '../../etc/passwd'],
    ['an emoji where the audit cuts', `${'a'.repeat(199)}🚢`],
    ['60 000 characters', 'a'.repeat(60_000)],
  ])('C7: is answered with a sentence and audited, whatever was typed: %s', async (_what, job) => {
    const reply = await ask('operator', 'start', { job })

    expect(reply).toMatchObject({ outcome: 'refused', code: 'bad-argument' })
    expect(reply.title).toContain('is not a name')
  })

  it('C7: is answered with a sentence for a reason that is no text', async () => {
    expect(await ask('approver', 'deny', { request: '1', reason: '\ud800' })).toMatchObject({
      outcome: 'refused',
      code: 'bad-argument',
    })
  })

  it('says to each role how much of Ferry is theirs', async () => {
    const [viewer, operator] = await Promise.all([ask('viewer', 'whoami'), ask('operator', 'whoami')])

    const count = (reply: Reply): number => Number(reply.facts['May use']?.split(' ')[0])
    expect(count(viewer)).toBeLessThan(count(operator))
  })
})
