import { describe, expect, it } from 'vitest'
import type { Chart, Reply } from '../../../core/commands/reply.ts'
import { renderReply } from '../../../bot/slack/render/reply.ts'
import { messageOf } from '../../../bot/slack/render/rendering.ts'
import { catalogue } from '../../../core/commands/catalogue.ts'
import { labelsOf, wordsOf } from '../../support/slack-person.ts'
import { problemsOfBlocks } from '../../support/slack-limits.ts'

const reply = (more: Partial<Reply> = {}): Reply => ({
  outcome: 'done',
  code: 'status',
  title: 'web-01 is Waiting.',
  facts: { State: 'Waiting' },
  ...more,
})

const TIERS = ['charted', 'rich', 'classic'] as const
const CHART: Chart = {
  ...{ title: 'Time of the last syncs', kind: 'lines', unit: 'min', points: ['#1', '#2'] },
  series: [
    { name: 'took', values: [4, 8] },
    { name: 'foretold', values: [6, 7] },
  ],
}
const PROGRESS = {
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

describe('a reply in Slack', () => {
  it('has its title, its facts and what can be asked next as buttons, and the title as plain text', () => {
    const rendering = renderReply(
      reply({ actions: [{ label: 'pause', command: 'pause web-01', effect: 'change' }] }),
    )
    const message = messageOf(rendering, 'rich')

    expect(message.text).toBe('web-01 is Waiting.')
    expect(wordsOf(message)).toBe('✅ *web-01 is Waiting.*\n*State*: Waiting\nPause')
    expect(JSON.stringify(message.blocks)).toContain('"value":"pause web-01"')
  })

  it('says everything in plain text where no block is taken, with what its buttons ask', () => {
    const rendering = renderReply(
      reply({ actions: [{ label: 'pause', command: 'pause web-01', effect: 'change' }] }),
    )

    expect(messageOf(rendering, 'text')).toEqual({
      parse: 'none',
      text: '✅ *web-01 is Waiting.*\n*State*: Waiting\nNext: `/ferry pause web-01`',
    })
  })

  it('writes commands as Slack takes them', () => {
    const { text } = renderReply(reply({ title: 'Then `retry web-01`, or `echo hello`.' }))

    expect(text).toBe('Then `/ferry retry web-01`, or `echo hello`.')
  })

  it('has its title in bold, but for commands in it, which Slack would not show as such', () => {
    const head = (title: string) => wordsOf(messageOf(renderReply(reply({ title, facts: {} })), 'rich'))

    expect(head('web-01 is Ready: `start web-01` begins its full sync.')).toBe(
      '✅ *web-01 is Ready:* `/ferry start web-01` *begins its full sync.*',
    )
    expect(head('Say it again (`sync web-01`), or `list`.')).toBe(
      '✅ *Say it again* (`/ferry sync web-01`), *or* `/ferry list`.',
    )
  })

  it.each(TIERS)('shows no table that has no rows: Slack refuses one (%s)', (tier) => {
    const { blocks } = renderReply(reply({ facts: {}, table: { columns: ['a', 'b'], rows: [] } }))

    expect(blocks(tier).map(({ type }) => type)).toEqual(['section'])
  })

  it.each(TIERS)('makes no mention and no link of what somebody else named (%s)', (tier) => {
    const evil = '<!channel> <@U1> <https://evil.example|click> &lt;!here&gt;'
    const rendering = renderReply(
      reply({
        title: evil,
        facts: { [evil]: evil },
        table: { columns: [evil], rows: [[`${evil} \`\`\` out`]] },
        actions: [{ label: evil, command: `x ${evil}`, effect: 'read' }],
      }),
    )
    // Plain text and cells of tables are shown as they are; only mrkdwn is read.
    const read: string[] = [messageOf(rendering, 'text').text, rendering.text]
    JSON.stringify(rendering.blocks(tier), (_key, value: unknown) => {
      const element = value as { type?: unknown; text?: unknown; verbatim?: unknown } | null
      if (element?.type === 'mrkdwn') {
        read.push(String(element.text))
        expect(element.verbatim).toBe(true)
      }
      return value
    })

    for (const text of read) expect(text).not.toMatch(/[<>]|&lt;!here&gt;/)
    expect(read.length).toBeGreaterThan(3)
  })

  it('lets no text break out of a preformatted block', () => {
    const { blocks } = renderReply(reply({ table: { columns: ['a'], rows: [['``` out ````']] } }))

    expect(JSON.stringify(blocks('classic')).match(/```/g)).toHaveLength(2)
  })

  it.each(TIERS)('keeps the limits of Slack however long the reply is (%s)', (tier) => {
    const rows = Array.from({ length: 5000 }, (_, nth) =>
      Array.from({ length: 30 }, (_cell, at) => `${nth} ${at} ${'&'.repeat(60)}`),
    )
    const columns = Array.from({ length: 30 }, (_, at) => `column ${at}`)
    const rendering = renderReply(
      reply({
        title: `${'&<'.repeat(5000)}`,
        facts: Object.fromEntries(Array.from({ length: 300 }, (_, nth) => [`fact ${nth}`, 'y'.repeat(900)])),
        table: { columns, rows },
        charts: Array.from({ length: 5 }, () => ({
          ...{ title: 't'.repeat(100), kind: 'bars' as const, unit: 'u'.repeat(100) },
          points: Array.from({ length: 60 }, (_, at) => `${'p'.repeat(40)} ${at}`),
          series: Array.from({ length: 9 }, (_, at) => ({
            name: `${'s'.repeat(40)} ${at}`,
            values: Array.from({ length: 60 }, (_each, nth) => nth),
          })),
        })),
        progress: PROGRESS,
        actions: Array.from({ length: 60 }, (_, nth) => ({
          label: 'l'.repeat(100),
          command: `status ${'x'.repeat(nth * 50)}`,
          effect: 'read' as const,
        })),
      }),
    )
    const message = messageOf(rendering, tier)

    expect(problemsOfBlocks(message.blocks)).toEqual([])
    expect(message.text.length).toBeLessThanOrEqual(3000)
    expect(wordsOf(message)).toContain('the CLI shows all of it')
  })

  it.each(TIERS)(
    'of 500 jobs fits into a message, says what it leaves out, and keeps its buttons (%s)',
    (tier) => {
      const rows = Array.from({ length: 500 }, (_, nth) => [
        ...[`server-${nth}.example.internal`, 'Waiting', 'ok 2026-11-25 14:02 UTC', 'in 4m', '2m 10s'],
        ...['image m-bp1a2b3c4d5e6f', '0.31 CNY', ''],
      ])
      const rendering = renderReply(
        reply({
          table: { columns: ['job', 'state', 'last sync', 'next', 'lag', 'keep', 'cost', 'held'], rows },
          actions: [{ label: 'fleet', command: 'fleet', effect: 'read' }],
        }),
      )
      const message = messageOf(rendering, tier)

      expect(problemsOfBlocks(message.blocks)).toEqual([])
      expect(wordsOf(message)).toContain('server-20.example.internal')
      expect(wordsOf(message)).toMatch(/… 4[0-9]{2} more rows/)
      expect(labelsOf(message)).toEqual(['Fleet'])
      expect(messageOf(rendering, 'text').text.length).toBeLessThanOrEqual(4000)
    },
  )

  it('draws a sync as bars', () => {
    const text = wordsOf(messageOf(renderReply(reply({ progress: PROGRESS })), 'classic'))

    expect(text).toContain('compare  ██████████░░░░░░░░░░ 512 B of 1 KiB, 1 KiB/s')
    expect(text).toContain('transfer █████░░░░░░░░░░░░░░░ 25 B of 100 B changed so far, 10 B/s')
    expect(text).toContain('comparing, 41 % of the sync, limited by the source’s disk, 1m 1s left')
  })

  it('shows a table as one that can be sorted and paged, or as lines where there are none', () => {
    const table = { columns: ['job', 'state'], rows: [['web-01', 'Waiting']] }
    const { blocks } = renderReply(reply({ table }))

    expect(blocks('rich').find(({ type }) => type === 'data_table')).toMatchObject({
      rows: [
        [{ text: 'job' }, { text: 'state' }],
        [{ text: 'web-01' }, { text: 'Waiting' }],
      ],
    })
    expect(JSON.stringify(blocks('classic'))).toContain('web-01  Waiting')
  })
})

describe('a chart in a reply', () => {
  const { blocks } = renderReply(reply({ charts: [CHART] }))

  it('is drawn where Slack draws charts', () => {
    expect(blocks('charted').at(-1)).toEqual({
      ...{ type: 'data_visualization', title: 'Time of the last syncs' },
      chart: {
        type: 'line',
        series: [
          {
            name: 'took',
            data: [
              { label: '#1', value: 4 },
              { label: '#2', value: 8 },
            ],
          },
          {
            name: 'foretold',
            data: [
              { label: '#1', value: 6 },
              { label: '#2', value: 7 },
            ],
          },
        ],
        axis_config: { categories: ['#1', '#2'], y_label: 'min' },
      },
    })
    expect(problemsOfBlocks(blocks('charted'))).toEqual([])
  })

  it.each(['rich', 'classic'] as const)('is bars of text elsewhere, with all its numbers (%s)', (tier) => {
    const words = wordsOf({ blocks: blocks(tier) })

    expect(words).toContain('Time of the last syncs, min\n')
    expect(words).toContain('#1  ██████████░░░░░░░░░░ took 4, foretold 6\n')
    expect(words).toContain('#2  ████████████████████ took 8, foretold 7')
  })

  it('tells points apart whose names are cut', () => {
    const points = ['a-very-long-name-of-server-1', 'a-very-long-name-of-server-2']
    const [chart] = renderReply(reply({ charts: [{ ...CHART, points }] }))
      .blocks('charted')
      .slice(-1)

    expect(problemsOfBlocks([chart])).toEqual([])
  })
})

describe('buttons', () => {
  it('of commands with more to say open a form, of final ones are marked', () => {
    const message = messageOf(
      renderReply(
        reply({
          actions: [
            { label: 'sync', command: 'sync web-01', effect: 'change' },
            { label: 'complete', command: 'complete web-01 --last-sync', effect: 'final' },
            { label: 'approve', command: 'approve 17', effect: 'change' },
            { label: 'deny', command: 'deny 17 reason=…', effect: 'change' },
            { label: 'stop', command: 'cutover stop reason=… cutover=3', effect: 'change' },
          ],
        }),
      ),
      'rich',
    )
    const elements = message.blocks?.flatMap((block) => (block.type === 'actions' ? block.elements : []))

    expect(labelsOf(message)).toEqual(['Sync', 'Complete…', 'Decide on 17', 'Stop…'])
    expect(elements).toMatchObject([
      { action_id: 'run:0', value: 'sync web-01' },
      { action_id: 'form:1', value: 'complete web-01 --last-sync' },
      { action_id: 'run:2', value: 'request 17' },
      { action_id: 'form:3', value: 'cutover stop cutover=3' },
    ])
  })
})

describe('help of every command', () => {
  it.each(catalogue.map((command) => command.name))('is taken by Slack: %s', (name) => {
    const command = catalogue.find((each) => each.name === name)
    const facts = Object.fromEntries(
      Object.entries(command?.args ?? {}).map(([key, arg]) => [key, `${arg.describe} (${arg.shape})`]),
    )
    const rendering = renderReply(reply({ title: `${name}: ${command?.summary ?? ''}`, facts }))

    for (const tier of TIERS) expect(problemsOfBlocks(rendering.blocks(tier))).toEqual([])
  })
})
