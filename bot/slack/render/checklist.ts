/** The checklist of a cutover: as Slack's plans, one for each job, or as lines. */
import type { types } from '@slack/bolt'
import type { Reply } from '../../../core/commands/reply.ts'
import type { Block } from './blocks.ts'
import { LIMITS, sections } from './blocks.ts'
import type { BlockTier } from './rendering.ts'
import { words } from './words.ts'
import { cut, escape } from './text.ts'

interface Step {
  readonly step: string
  readonly label: string
  readonly state: keyof typeof STATUS
  readonly detail: string
}

interface Checklist {
  readonly job: string
  readonly steps: readonly Step[]
}

/** As Slack's plans call them. */
const STATUS = {
  'to do': 'pending',
  doing: 'in_progress',
  done: 'complete',
  failed: 'error',
  'left out': 'complete',
} as const
const MARKS = { 'to do': '☐', doing: '⏳', done: '☑', failed: '⛔', 'left out': '–' } as const

/** More plans than these would bury the rest; a bigger wave is shown as the reply's own table. */
const MOST_PLANS = 5

/** The checklist that a reply tells of, if it does and if it is short enough to be shown as one. */
export function checklistOf(reply: Reply): readonly Checklist[] | undefined {
  const all = checklistOfData(reply)
  return all.length === 0 || all.length > MOST_PLANS ? undefined : all
}

/** All of it, however long; empty when the reply has none. */
export function checklistOfData({ data }: Reply): readonly Checklist[] {
  return (data?.['checklist'] as readonly Checklist[] | undefined) ?? []
}

export function checklistBlocks(all: readonly Checklist[], tier: BlockTier): readonly Block[] {
  return tier === 'classic' ? all.flatMap(lines) : all.map(plan)
}

function plan({ job, steps }: Checklist): types.PlanBlock {
  return {
    type: 'plan',
    title: cut(job, LIMITS.header),
    tasks: steps.slice(0, LIMITS.planTasks).map((step): types.TaskCardBlock => {
      const { label, state } = step
      const detail = state === 'left out' && step.detail === '' ? 'left out' : step.detail
      return {
        type: 'task_card',
        task_id: `${job} ${step.step}`,
        title: cut(label, LIMITS.header),
        status: STATUS[state],
        ...(detail === ''
          ? {}
          : {
              details: {
                type: 'rich_text',
                elements: [
                  { type: 'rich_text_section', elements: [{ type: 'text', text: cut(detail, LIMITS.text) }] },
                ],
              },
            }),
      }
    }),
  }
}

function lines({ job, steps }: Checklist): readonly Block[] {
  return sections([
    `*${escape(job)}*`,
    ...steps.map(
      ({ label, state, detail }) =>
        `${MARKS[state]} ${escape(label)}${detail === '' ? (state === 'left out' ? ': left out' : '') : `: ${words(detail)}`}`,
    ),
  ])
}
