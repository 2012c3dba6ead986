/** What somebody is told when their request could not be carried out. */
import type { Reply } from '../../core/commands/reply.ts'
import { Refusal } from '../../core/commands/reply.ts'
import type { SlackParts } from './parts.ts'
import { isSlacks } from './web.ts'

/** A refusal in its own words; of all else that Ferry is in trouble. Slack’s own trouble is thrown on. */
export function replyOfTrouble({ app }: Pick<SlackParts, 'app'>, error: unknown): Reply {
  if (error instanceof Refusal) return error.reply()
  if (isSlacks(error)) throw error
  app.log.error('a request of slack could not be carried out', { error })
  return new Refusal('unavailable', 'Ferry could not do that at this moment; ask again.').reply()
}
