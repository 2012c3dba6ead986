/** What is sent to Slack, for each of the ways in which a workspace can show it. */
import type { Block } from './blocks.ts'
import { cut, escape } from './text.ts'

/**
 * `charted`: with the newest kind of blocks, charts; `rich`: with the other newer kinds; `classic`: with those that
 * every workspace has; `text`: none.
 */
export const TIERS = ['charted', 'rich', 'classic', 'text'] as const
export type Tier = (typeof TIERS)[number]
export type BlockTier = Exclude<Tier, 'text'>

export interface Rendering {
  /** For notifications, screen readers, and where blocks are refused. */
  readonly text: string
  readonly blocks: (tier: BlockTier) => Block[]
  /** There are charts in it: the first tier differs from the second. */
  readonly hasCharts?: boolean
}

export interface Message {
  readonly text: string
  readonly blocks?: Block[]
  /** Of a text by itself: no address in it is made a link, as in blocks. */
  readonly parse?: 'none'
}

export function messageOf(rendering: Rendering, tier: Tier): Message {
  return tier === 'text'
    ? { text: plainText(rendering.blocks('classic')), parse: 'none' }
    : { text: rendering.text, blocks: rendering.blocks(tier) }
}

/** Slack refuses a text of more than 4,000. */
const MOST_CHARACTERS = 3_900

/** What stands in for blocks that were refused: all that they say, and what their buttons ask, to be typed. */
export function plainText(blocks: readonly Block[]): string {
  const lines = blocks.flatMap((block) => {
    if (block.type === 'section')
      return [block.text, ...(block.fields ?? [])].flatMap((text) => text?.text ?? [])
    if (block.type === 'header') return [block.text.text]
    if (block.type === 'context')
      return block.elements.flatMap((element) => ('text' in element ? element.text : []))
    if (block.type !== 'actions') return []
    const asked = block.elements.flatMap((element) =>
      element.type === 'button' && /^(run|form):/.test(element.action_id ?? '')
        ? `\`/ferry ${escape(element.value ?? '')}\``
        : [],
    )
    return asked.length === 0 ? [] : [`Next: ${asked.join('  ')}`]
  })
  return cut(lines.join('\n'), MOST_CHARACTERS)
}
