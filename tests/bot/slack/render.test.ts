import { describe, expect, it } from 'vitest'
import { renderSlack } from '../../../bot/slack/render.ts'
import type { Reply } from '../../../core/commands/reply.ts'

const reply = (more: Partial<Reply> = {}): Reply => ({
  outcome: 'done',
  code: 'status',
  title: 'web-01 is Waiting.',
  facts: { State: 'Waiting' },
  ...more,
})

const textsOf = (message: ReturnType<typeof renderSlack>): readonly string[] =>
  message.blocks.flatMap((block) =>
    block.type === 'section' ? [block.text.text] : block.elements.map((element) => element.text),
  )

describe('a reply in Slack', () => {
  it('has its title, its facts and what can be asked next, and the title as plain text', () => {
    const message = renderSlack(
      reply({ actions: [{ label: 'pause', command: 'pause web-01', effect: 'change' }] }),
    )

    expect(message.text).toBe('web-01 is Waiting.')
    expect(textsOf(message)).toEqual([
      '✅ *web-01 is Waiting.*',
      '*State*: Waiting',
      'Next: `/ferry pause web-01`',
    ])
  })

  it('makes no mention and no link of what somebody else named', () => {
    const evil = '<!channel> <@U1> <https://evil.example|click> &lt;!here&gt;'
    const message = renderSlack(
      reply({
        title: evil,
        facts: { [evil]: evil },
        table: { columns: [evil], rows: [[`${evil} \`\`\` out`]] },
        actions: [{ label: 'x', command: evil, effect: 'read' }],
      }),
    )

    for (const text of [message.text, ...textsOf(message)]) {
      expect(text).not.toMatch(/[<>]/)
      expect(text).not.toContain('&lt;!here&gt;')
    }
    expect(JSON.stringify(message.blocks)).toContain('"verbatim":true')
    const table = textsOf(message).find((text) => text.startsWith('```'))
    expect(table?.match(/```/g)).toHaveLength(2)
  })

  it('keeps the limits of Slack however long the reply is', () => {
    const rows = Array.from({ length: 5000 }, (_, nth) => [`source-${nth}`, '&'.repeat(60)])
    const message = renderSlack(
      reply({
        title: 'x'.repeat(10_000),
        facts: Object.fromEntries(Array.from({ length: 300 }, (_, nth) => [`fact ${nth}`, 'y'.repeat(900)])),
        table: { columns: ['source', 'note'], rows },
      }),
    )

    expect(message.blocks).toHaveLength(50)
    for (const text of [message.text, ...textsOf(message)]) expect(text.length).toBeLessThanOrEqual(3000)
    expect(textsOf(message).at(-1)).toContain('the CLI shows all of it')
  })

  it('draws a sync as bars', () => {
    const progress = {
      phase: 'comparing',
      totalBytes: 1024,
      comparedBytes: 512,
      changedBytes: 100,
      appliedBytes: 25,
      wireBytes: 20,
      compareRate: 1024,
      applyRate: 10,
      limitedBy: 'disk',
      imagePercent: 0,
      leftMs: 61_000,
      percent: 41.7,
    } as const

    const text = textsOf(renderSlack(reply({ progress }))).join('\n')

    expect(text).toContain('compare  ██████████░░░░░░░░░░ 512 B of 1 KiB, 1 KiB/s')
    expect(text).toContain('transfer █████░░░░░░░░░░░░░░░ 25 B of 100 B changed so far, 10 B/s')
    expect(text).toContain('comparing, 41 % of the sync, limited by the source’s disk, 1m 1s left')
  })
})
