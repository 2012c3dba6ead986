/** A reply as Slack blocks, with the same in plain text for notifications and screen readers. */
import { drawBar, progressBars, progressLine } from '../../core/commands/progress.ts'
import type { Reply, Table } from '../../core/commands/reply.ts'

/** Slack's own limits; a message over one of them is refused as a whole. */
const BLOCK_CHARACTERS = 3000
const MOST_BLOCKS = 50
const TEXT_CHARACTERS = 3000

interface Text {
  readonly type: 'mrkdwn'
  readonly text: string
  /** Nothing in it is made a link, a mention or a channel by Slack. */
  readonly verbatim: true
}

export type Block =
  | { readonly type: 'section'; readonly text: Text }
  | { readonly type: 'context'; readonly elements: readonly Text[] }

export interface SlackMessage {
  readonly text: string
  readonly blocks: Block[]
}

const MARKS = { done: '✅', accepted: '⏳', refused: '⛔' } as const

/** What people or servers named must not become a mention or a link: Slack reads those from `<…>` and `&`. */
export function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

export function renderSlack(reply: Reply): SlackMessage {
  const title = `${MARKS[reply.outcome]} *${escape(reply.title)}*`
  const facts = Object.entries(reply.facts).map(([name, value]) => `*${escape(name)}*: ${escape(value)}`)
  const blocks: Block[] = [
    ...pieces([title]).map(section),
    ...pieces(facts).map(section),
    ...(reply.progress === undefined
      ? []
      : [
          section(
            code([
              ...progressBars(reply.progress).map(
                (bar) => `${bar.label.padEnd(8)} ${drawBar(bar.done, 20)} ${bar.detail}`,
              ),
              progressLine(reply.progress),
            ]),
          ),
        ]),
    ...(reply.table === undefined ? [] : tableBlocks(reply.table)),
    ...(reply.actions === undefined || reply.actions.length === 0
      ? []
      : [context(`Next: ${reply.actions.map((step) => `\`/ferry ${escape(step.command)}\``).join('  ')}`)]),
  ]
  const kept =
    blocks.length <= MOST_BLOCKS
      ? blocks
      : [
          ...blocks.slice(0, MOST_BLOCKS - 1),
          context('… and more than Slack can show; the CLI shows all of it.'),
        ]
  return { text: cut(escape(reply.title), TEXT_CHARACTERS), blocks: kept }
}

function tableBlocks(table: Table): readonly Block[] {
  const rows = [table.columns, ...table.rows]
  const widths = table.columns.map((_, at) =>
    Math.min(40, Math.max(...rows.map((row) => (row[at] ?? '').length))),
  )
  const lines = rows.map((row) =>
    row
      .map((cell, at) => cell.replace(/\s+/g, ' ').padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return pieces(lines.map(preformatted), BLOCK_CHARACTERS - 10).map((piece) =>
    section(`\`\`\`\n${piece}\n\`\`\``),
  )
}

/** A run of backticks would end the block it stands in. */
const preformatted = (line: string): string => escape(line.replace(/`{3,}/g, "'''"))
const code = (lines: readonly string[]): string => `\`\`\`\n${lines.map(preformatted).join('\n')}\n\`\`\``
const section = (text: string): Block => ({ type: 'section', text: mrkdwn(text) })
const context = (text: string): Block => ({
  type: 'context',
  elements: [mrkdwn(cut(text, BLOCK_CHARACTERS))],
})
const mrkdwn = (text: string): Text => ({ type: 'mrkdwn', text, verbatim: true })

/** Lines put together into as few texts as the limit allows. */
function pieces(lines: readonly string[], most = BLOCK_CHARACTERS): readonly string[] {
  const texts: string[] = []
  let current: string | undefined
  for (const line of lines.map((each) => cut(each, most))) {
    if (current !== undefined && current.length + 1 + line.length <= most) current += `\n${line}`
    else {
      if (current !== undefined) texts.push(current)
      current = line
    }
  }
  return current === undefined ? texts : [...texts, current]
}

/** Cuts without leaving half of an escaped character behind. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/&[a-z]*$/, '')}…`
}
