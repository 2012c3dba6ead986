import { describe, expect, it } from 'vitest'
import { readInputs } from '../../action/inputs.ts'
import { withoutSecrets } from '../../action/outputs.ts'
import { renderSummary } from '../../action/summary.ts'
import type { Reply } from '../../core/commands/reply.ts'

const INPUTS = {
  'INPUT_SERVER-URL': 'https://ferry.example.com/',
  INPUT_TOKEN: 'token',
  INPUT_COMMAND: 'complete',
}

describe('the inputs of the Action', () => {
  it('are its own, and the arguments of the command', () => {
    const env = {
      ...INPUTS,
      INPUT_JOB: 'web-01',
      'INPUT_LAST-SYNC': 'true',
      INPUT_EVERY: '',
      INPUT_CONFIRM: 'true',
    }

    expect(readInputs(env)).toEqual({
      server: 'https://ferry.example.com',
      token: 'token',
      command: 'complete',
      args: { job: 'web-01', 'last-sync': 'true' },
      confirmed: true,
    })
  })

  it.each([
    [{ 'INPUT_SERVER-URL': 'http://ferry.example.com' }, 'in the open'],
    [{ 'INPUT_SERVER-URL': 'ferry' }, 'server-url'],
    [{ INPUT_TOKEN: ' ' }, 'token is missing'],
    [{ INPUT_COMMAND: '' }, 'command is missing'],
    [{ INPUT_CONFIRM: 'maybe' }, 'confirm'],
  ])('are refused as %o', (wrong, words) => {
    expect(readInputs({ ...INPUTS, ...wrong })).toEqual({ problem: expect.stringContaining(words) })
  })
})

describe('the summary of a run', () => {
  it('makes no markup, mention or link of what somebody else named, and leaves commands as code', () => {
    const evil = '<img src=x> @octocat [x](https://evil.example) **bold** | cell'
    const reply: Reply = {
      outcome: 'refused',
      code: 'x',
      title: `${evil} \`retry <job>\``,
      facts: { name: evil },
      table: { columns: ['a'], rows: [[`${evil} \`\`\``]] },
    }

    const text = renderSummary(reply)

    expect(text).toContain('`retry <job>`')
    expect(text).not.toMatch(/<img|@octocat|https:\/\/|[^\\]\]\(|\*\*bold/)
    expect(text).toContain('\\| cell')
  })

  it('never shows a one-time code', () => {
    const reply: Reply = {
      outcome: 'done',
      code: 'enrolled',
      title: 'The code works once.',
      facts: { Code: 'abc-secret', 'On the source': 'node ferry-agent.mjs --code abc-secret' },
      data: { code: 'abc-secret' },
    }

    const clean = withoutSecrets(reply)

    expect(clean.secrets).toEqual(['abc-secret'])
    expect(JSON.stringify(clean.reply)).not.toContain('abc-secret')
  })
})
