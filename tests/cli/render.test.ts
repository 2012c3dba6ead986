import { describe, expect, it } from 'vitest'
import { readOptions } from '../../cli/options.ts'
import { renderReply } from '../../cli/render.ts'
import { EXIT, exitCode } from '../../cli/exit.ts'
import type { Reply } from '../../core/commands/reply.ts'

describe('a reply in a terminal', () => {
  it('aligns facts and columns and ends with commands to copy', () => {
    const reply: Reply = {
      outcome: 'accepted',
      code: 'sync-started',
      title: 'A sync of web-01 has begun.',
      facts: { State: 'Syncing', 'Next sync': 'in 6h' },
      table: {
        columns: ['sync', 'kind'],
        rows: [
          ['1', 'full'],
          ['12345', 'incremental'],
        ],
      },
      actions: [{ label: 'watch', command: 'watch web-01', effect: 'read' }],
    }

    expect(renderReply(reply, { color: false })).toBe(`… A sync of web-01 has begun.
  State      Syncing
  Next sync  in 6h

  sync   kind
  1      full
  12345  incremental

Next:
  npm run ferry -- watch web-01`)
  })

  it('shows commands to copy a line each, no empty table, and apart what is for somebody else', () => {
    const reply: Reply = {
      outcome: 'accepted',
      code: 'approval-needed',
      title: 'It waits for approval.',
      facts: { 'To copy': 'clone web-01 web-01b\nclear web-01', Needed: '1' },
      table: { columns: ['image'], rows: [] },
      actions: [
        { label: 'approve', command: 'approve 1', effect: 'change', by: 'others' },
        { label: 'status', command: 'status web-01', effect: 'read' },
      ],
    }

    expect(renderReply(reply, { color: false })).toBe(`… It waits for approval.
  To copy  clone web-01 web-01b
           clear web-01
  Needed   1

Next:
  npm run ferry -- status web-01

Next, by somebody else:
  npm run ferry -- approve 1`)
  })

  it('cannot be steered by what a server is named', () => {
    const evil = 'web\u001b]0;owned\u0007\u001b[2J\r\n\u202e01'
    const reply: Reply = { outcome: 'refused', code: 'x', title: evil, facts: { [evil]: evil } }

    expect(renderReply(reply, { color: false })).toMatch(/^[✖\x20-\x7e\n]+$/)
  })
})

describe('the options of the CLI', () => {
  it('are taken out, and everything else is the command', () => {
    expect(readOptions(['status', '--as', 'bob', 'web-01', '--json', 'image=4', '--last-sync'])).toEqual({
      words: ['status', 'web-01', 'image=4', '--last-sync'],
      as: 'bob',
      json: true,
      yes: false,
      help: false,
    })
  })

  it.each([['--as'], ['--as=../../etc/passwd'], ['--as', 'Bob!']])('refuse %s', (...words) => {
    expect(readOptions(words)).toHaveProperty('problem')
  })
})

describe('the exit code', () => {
  it.each([
    ['done', 'status', EXIT.done],
    ['accepted', 'approval-needed', EXIT.approvalNeeded],
    ['refused', 'not-legal-now', EXIT.refused],
    ['refused', 'not-understood', EXIT.usage],
    ['refused', 'missing-argument', EXIT.usage],
  ])('of %s with %s is %i', (outcome, code, exit) => {
    expect(exitCode({ outcome, code })).toBe(exit)
  })
})
