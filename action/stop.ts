/** What a cancelled run leaves behind is stopped at a safe point, once, by the step itself or by its post step. */
import type { Reply } from '../core/commands/reply.ts'
import type { Bot } from './bot.ts'

/** What goes on at the bot because of this step; kept as the step's state, for the post step. */
export interface GoingOn {
  readonly of: 'approval' | 'job' | 'verification' | 'task'
  readonly job?: string | undefined
  readonly approval?: number | undefined
}

/** What moves a job: pausing it stops that. */
const STOPPABLE: readonly GoingOn['of'][] = ['job', 'approval']

/** Says in a sentence what has become of it. `key`: of the step, so that both may try and it happens once. */
export async function stop(
  bot: Bot,
  going: GoingOn,
  onCancel: 'pause' | 'leave',
  key: string,
): Promise<string> {
  const { of, job, approval } = going
  if (of === 'approval' && approval !== undefined) {
    if (onCancel === 'leave') return `Request ${approval} still waits for approval.`
    const withdrawn = await bot.ask({ text: `withdraw ${approval}` }, `${key}/withdraw`)
    if (withdrawn.outcome !== 'refused') return told(withdrawn)
    // Approved just before: what was asked for goes on by now.
    const { data } = await bot.ask({ text: `request ${approval}` })
    if (data?.['status'] !== 'used') return told(withdrawn)
  }
  if (job === undefined) return 'What was begun goes on.'
  if (onCancel === 'leave' || !STOPPABLE.includes(of))
    return `Ferry goes on with ${job}: \`status ${job}\` shows it.`
  const reply = await bot.ask({ text: `pause ${job}` }, `${key}/pause`)
  return reply.outcome === 'refused' ? `${told(reply)} Ferry goes on with ${job}.` : told(reply)
}

const told = ({ title }: Reply): string => title
