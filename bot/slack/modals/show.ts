/** Replies in a form, for what was asked in the App Home: there is no channel to answer in. */
import type { Invocation } from '../../../core/commands/read.ts'
import { answerInvocation } from '../answer.ts'
import type { Asked } from '../asked.ts'
import type { SlackParts } from '../parts.ts'
import { call } from '../web.ts'
import { waitingView } from './view.ts'

/** Opens a form and answers the invocation in it. */
export async function showInForm(parts: SlackParts, asked: Asked, invocation: Invocation): Promise<void> {
  const { workspace, triggerId } = asked
  if (triggerId === undefined) return
  const opened = await call(() =>
    workspace.client.views.open({ trigger_id: triggerId, view: waitingView('Ferry') }),
  )
  await answerInvocation(parts, { ...asked, triggerId: undefined, formId: opened.view?.id }, invocation)
}
