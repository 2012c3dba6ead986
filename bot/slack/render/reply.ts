/** A reply as Slack shows it: title, facts, progress, table, and what can be asked next as buttons. */
import type { View } from '../../../core/app/doors.ts'
import { drawBar, progressBars, progressLine } from '../../../core/commands/progress.ts'
import type { ProgressView, Reply } from '../../../core/commands/reply.ts'
import type { Block, Element } from './blocks.ts'
import { actions, charactersIn, codeSections, context, LIMITS, sections, within } from './blocks.ts'
import { stepButtons } from './buttons.ts'
import { chartBlocks } from './chart.ts'
import { checklistBlocks, checklistOf } from './checklist.ts'
import type { BlockTier, Rendering } from './rendering.ts'
import { dataTable, tableLines } from './table.ts'
import { bold, cut, escape } from './text.ts'
import { words } from './words.ts'

const MARKS = { done: '✅', accepted: '⏳', refused: '⛔' } as const

const TABLE_CHARACTERS = 10_000
/** For the word about rows that are left out. */
const LEFT_OUT_CHARACTERS = 200

export interface ReplyParts {
  /** Who did it, before the title of what others see: `ada: …`. */
  readonly by?: string
  /** Buttons beside those of the reply's own next steps; given, those are left out. */
  readonly buttons?: readonly Element[]
  /** False: the facts stand elsewhere, in the thread. */
  readonly facts?: boolean
  /** Where the same is shown elsewhere. */
  readonly links?: View['links']
  /** What stands before the title instead of the mark of the outcome. */
  readonly mark?: string
}

export function renderReply(reply: Reply, parts: ReplyParts = {}): Rendering {
  const by = parts.by === undefined ? '' : `${escape(parts.by)}: `
  const title = `${parts.mark ?? MARKS[reply.outcome]} ${bold(`${by}${words(reply.title)}`)}`
  const facts = parts.facts === false ? [] : factLines(reply.facts)
  const charts = parts.facts === false ? [] : (reply.charts ?? [])
  const blocks = (tier: BlockTier): Block[] => {
    const above = [
      ...sections([title]),
      ...sections(facts),
      ...(reply.progress === undefined ? [] : progressSections(reply.progress)),
      ...chartBlocks(charts, tier === 'charted'),
    ]
    // However much is left out, what can be done next stays.
    const below = [
      ...linkBlocks(parts.links ?? []),
      ...actions(parts.buttons ?? stepButtons(reply.actions ?? [])),
    ]
    const room = LIMITS.messageCharacters - charactersIn(below)
    const table = parts.facts === false ? [] : tableBlocks(reply, tier, room - charactersIn(above))
    return [...within<Block>([...above, ...table], LIMITS.messageBlocks - below.length, room), ...below]
  }
  return {
    text: cut(`${by}${words(reply.title)}`, LIMITS.messageText),
    blocks,
    hasCharts: charts.length > 0,
  }
}

/** An address that is none would break the link it stands in: it is left out. */
function linkBlocks(links: NonNullable<View['links']>): readonly Block[] {
  const shown = links.filter(({ url }) => /^https:\/\/[\w./:?#=&%~+-]+$/.test(url))
  if (shown.length === 0) return []
  return [context(shown.map(({ label, url }) => `<${url}|${escape(label)}>`).join(' · '))]
}

function tableBlocks(reply: Reply, tier: BlockTier, left: number): readonly Block[] {
  const checklist = checklistOf(reply)
  if (checklist !== undefined) return checklistBlocks(checklist, tier)
  if (reply.table === undefined) return []
  const room = Math.min(TABLE_CHARACTERS, left - LEFT_OUT_CHARACTERS)
  return tier === 'classic' ? tableLines(reply.table, room) : dataTable(reply.table, reply.title, room)
}

export function factLines(facts: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(facts).map(([name, value]) => `*${escape(name)}*: ${words(value)}`)
}

/** Comparison, transfer and image as bars, and what limits them. */
export function progressSections(progress: ProgressView): readonly Block[] {
  return codeSections([
    ...progressBars(progress).map((bar) => `${bar.label.padEnd(8)} ${drawBar(bar.done, 20)} ${bar.detail}`),
    progressLine(progress),
  ])
}
