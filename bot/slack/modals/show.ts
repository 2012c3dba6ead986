/** Replies in a form, for what was asked in the App Home: there is no channel to answer in. */
import type { Invocation } from '../../../core/commands/read.ts'
import { answerInvocation } from '../answer.ts'
import type { Asked } from '../asked.ts'
import type { SlackParts } from '../parts.ts'
import { openWaiting } from './open.ts'

/** Opens a form and answers the invocation in it. */
export async function showInForm(parts: SlackParts, asked: Asked, invocation: Invocation): Promise<void> {
  const { workspace, triggerId } = asked
  if (triggerId === undefined) return
  const formId = await openWaiting({ workspace, triggerId }, 'Ferry')
  await answerInvocation(parts, { ...asked, triggerId: undefined, formId }, invocation)
}
