import { describe, expect, it } from 'vitest'
import { linkLines } from '../../../core/commands/markdown.ts'
import { MOST_CHARACTERS, renderMarkdown } from '../../../bot/github/render.ts'
import type { ProgressView, Reply } from '../../../core/commands/reply.ts'

const REPLY: Reply = {
  outcome: 'accepted',
  code: 'sync-started',
  title: 'The sync of web-01 has started.',
  facts: { State: 'Syncing', Reason: '@all <b>' },
  actions: [{ label: 'pause', command: 'pause web-01', effect: 'change' }],
}

describe('a reply as Markdown', () => {
  it('has a mark, its facts as a table and what can be asked next', () => {
    expect(renderMarkdown(REPLY)).toBe(
      [
        '⏳ **The sync of web-01 has started.**',
        '|  |  |\n| --- | --- |\n| State | Syncing |\n| Reason | @\u200ball &lt;b&gt; |',
        'Next: `/ferry pause web-01`',
      ].join('\n\n'),
    )
  })

  it('C8: draws how far a sync is', () => {
    const progress: ProgressView = {
      phase: 'transferring',
      ...{ totalBytes: 100, comparedBytes: 100, changedBytes: 50, appliedBytes: 25 },
      ...{ wireBytes: 10, compareRate: 0, applyRate: 5, imagePercent: 0 },
      limitedBy: 'network',
      ...{ leftMs: 60_000, percent: 50 },
    }

    expect(renderMarkdown({ ...REPLY, progress })).toContain(
      'transfer ███████████████░░░░░░░░░░░░░░░ 25 B of 50 B',
    )
  })

  it('marks what is kept true by how it stands, not by how the reply ended', () => {
    expect(renderMarkdown({ ...REPLY, outcome: 'done' }, { tone: 'bad' })).toMatch(/^❌ /)
    expect(renderMarkdown({ ...REPLY, outcome: 'refused', code: 'confirm' })).toMatch(/^❔ /)
  })

  it('names commands as they are typed there', () => {
    const shown = renderMarkdown({
      ...REPLY,
      title: 'Ask again: `sync web-01`.',
      facts: { Then: '`findmnt --verify` shows it, `verify web-01` proves it' },
    })

    expect(shown).toContain('**Ask again: `/ferry sync web-01`.**')
    expect(shown).toContain('| `findmnt --verify` shows it, `/ferry verify web-01` proves it |')
  })

  it('leads to where the same is shown elsewhere, and to nothing that is no address', () => {
    const links = [
      { label: 'Slack', url: 'https://slack.com/archives/C1/p12' },
      { label: 'no', url: 'javascript:alert(1)' },
      { label: 'no', url: 'https://x.test/) [y](https://evil.test' },
    ]

    expect(linkLines(links)).toEqual(['See also: [Slack](https://slack.com/archives/C1/p12)'])
    expect(linkLines()).toEqual([])
  })

  it('folds what is long', () => {
    const facts = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`Fact ${at}`, 'x']))
    const rows = Array.from({ length: 30 }, (_, at) => [`${at}`])
    const shown = renderMarkdown({ ...REPLY, facts, table: { columns: ['n'], rows } })

    expect(shown).toContain('<summary>4 more</summary>')
    expect(shown).toContain('<summary>30 rows</summary>')
  })

  it('is never longer than GitHub takes, and says what was left out', () => {
    const rows = Array.from({ length: 5000 }, (_, at) => [`row ${at}`, 'y'.repeat(50)])
    const shown = renderMarkdown({ ...REPLY, table: { columns: ['a', 'b'], rows } })
    const facts = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`${at}`, 'z'.repeat(5000)]))

    expect(shown.length).toBeLessThanOrEqual(MOST_CHARACTERS)
    expect(shown).toMatch(/[0-9]+ more rows: a terminal shows all of them\./)
    expect(renderMarkdown({ ...REPLY, facts }).length).toBeLessThanOrEqual(MOST_CHARACTERS)
  })
})
