/**
 * Blocks within Slack's limits: whoever builds with these cannot break one. A message over a limit is refused as a
 * whole, so what is too long is cut, and what is too much is left out with a word about it.
 */
import type { types } from '@slack/bolt'
import { cut, pieces, preformatted } from './text.ts'

/** A chart, as Slack documents it; its own types do not know it yet. */
export interface ChartBlock {
  readonly type: 'data_visualization'
  readonly title: string
  readonly chart: {
    readonly type: 'line' | 'bar'
    /** Each with one value for each category, labelled as it. */
    readonly series: readonly {
      readonly name: string
      readonly data: readonly { readonly label: string; readonly value: number }[]
    }[]
    readonly axis_config: {
      readonly categories: readonly string[]
      readonly x_label?: string
      readonly y_label?: string
    }
  }
}

export type Block = types.KnownBlock | ChartBlock
export type Button = types.Button
export type Option = types.PlainTextOption
export type Element = types.ActionsBlockElement

export const LIMITS = {
  text: 3000,
  messageText: 3000,
  messageBlocks: 50,
  /** Of all that is written in a message's blocks; Slack refuses more than about 13,200. */
  messageCharacters: 12_500,
  viewBlocks: 100,
  header: 150,
  buttonText: 75,
  value: 2000,
  optionText: 75,
  options: 100,
  actions: 25,
  contextElements: 10,
  blockId: 255,
  modalTitle: 24,
  label: 2000,
  placeholder: 150,
  metadata: 3000,
  tableRows: 100,
  tableColumns: 20,
  planTasks: 50,
  charts: 2,
  chartTitle: 50,
  chartLabel: 20,
  chartSeries: 6,
  chartPoints: 20,
} as const

/** Escaped mrkdwn of ours; nothing in it is made a link, a mention or a channel by Slack. */
export const mrkdwn = (text: string): types.MrkdwnElement => ({
  type: 'mrkdwn',
  text: cut(text, LIMITS.text),
  verbatim: true,
})

export const plain = (text: string, most: number = LIMITS.text): types.PlainTextElement => ({
  type: 'plain_text',
  // Slack refuses an empty text.
  text: cut(text === '' ? '–' : text, most),
  emoji: false,
})

export const section = (text: string): types.SectionBlock => ({ type: 'section', text: mrkdwn(text) })

/** As many sections as the lines need. */
export const sections = (lines: readonly string[]): readonly types.SectionBlock[] =>
  pieces(lines, LIMITS.text).map(section)

/** Preformatted lines, each as it is. */
export function codeSections(lines: readonly string[]): readonly types.SectionBlock[] {
  return pieces(lines.map(preformatted), LIMITS.text - 10).map((piece) => section(`\`\`\`\n${piece}\n\`\`\``))
}

export const context = (text: string): types.ContextBlock => ({ type: 'context', elements: [mrkdwn(text)] })

export const header = (text: string): types.HeaderBlock => ({
  type: 'header',
  text: plain(text, LIMITS.header),
})

export const divider = (): types.DividerBlock => ({ type: 'divider' })

/** `look`: danger for what cannot be taken back. A value that would be cut is refused: it would mean something else. */
export function button(actionId: string, label: string, value: string, look?: 'primary' | 'danger'): Button {
  if (value.length > LIMITS.value) throw new Error(`a button cannot carry ${value.length} characters`)
  return {
    type: 'button',
    action_id: actionId,
    text: plain(label, LIMITS.buttonText),
    value,
    ...(look === undefined ? {} : { style: look }),
  }
}

/** None when there are no elements: Slack refuses an empty row. */
export function actions(elements: readonly Element[], blockId?: string): readonly types.ActionsBlock[] {
  if (elements.length === 0) return []
  return [
    {
      type: 'actions',
      ...(blockId === undefined ? {} : { block_id: blockId }),
      elements: elements.slice(0, LIMITS.actions),
    },
  ]
}

export const option = (label: string, value: string): Option => ({
  text: plain(label, LIMITS.optionText),
  value,
})

/** At most `most` blocks with at most `room` characters; the last says that there was more. */
export function within<B extends { type: string }>(
  blocks: readonly B[],
  most: number = LIMITS.messageBlocks,
  room = Infinity,
): (B | types.ContextBlock)[] {
  let left = room
  const over = blocks.findIndex((block) => (left -= charactersIn(block)) < 0)
  if (over === -1 && blocks.length <= most) return [...blocks]
  const kept = over === -1 ? most - 1 : Math.min(over, most - 1)
  return [...blocks.slice(0, kept), context('… and more than Slack can show; the CLI shows all of it.')]
}

const WRITTEN: ReadonlySet<string> = new Set(['text', 'title', 'caption', 'value', 'label', 'name'])

/** How much is written in blocks, however deep. */
export function charactersIn(blocks: unknown): number {
  let characters = 0
  JSON.stringify(blocks, (key, value: unknown) => {
    if (typeof value === 'string' && WRITTEN.has(key)) characters += value.length
    return value
  })
  return characters
}
