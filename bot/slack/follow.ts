/** What somebody asked for here is followed here: a sync, or a request for approval, has a message that is kept true. */
import type { NewPost } from '../../core/app/doors.ts'
import type { Reply } from '../../core/commands/reply.ts'
import type { Asked } from './asked.ts'
import type { SlackParts } from './parts.ts'
import { ONLY } from './workspaces.ts'

/** What a reply is about, when that goes on. */
export function hasPost(reply: Reply): boolean {
  return subjectOf(reply) !== undefined
}

function subjectOf({ code, data }: Reply): Pick<NewPost, 'kind' | 'subject'> | undefined {
  const { approval, cutover, syncId, state } = data ?? {}
  if (typeof cutover === 'number')
    return { kind: 'cutover', subject: { kind: 'cutover', id: String(cutover) } }
  if (code === 'approval-needed' && typeof approval === 'number')
    return { kind: 'approval', subject: { kind: 'approval', id: String(approval) } }
  if (typeof syncId === 'string' && (state === 'preparing' || state === 'syncing'))
    return { kind: 'sync', subject: { kind: 'sync', id: syncId } }
  return undefined
}

/** Has the message kept true in the channel where it was asked. Repeatable: there is one in each channel. */
export async function follow({ app, workspaces }: SlackParts, asked: Asked, reply: Reply): Promise<void> {
  const subject = subjectOf(reply)
  if (subject === undefined || asked.place === undefined) return
  const { channel, thread } = asked.place
  // What is asked for in the room of a cutover is followed by the room.
  if (thread !== undefined && (await app.postAt('slack', `${channel} ${thread}`))?.kind === 'cutover') return
  // Named as the policy file names it, so that the post that it asks for there is this very one.
  // It asks for it in one workspace only; a channel of this name in another one is another channel.
  const isPolicys = (await workspaces.named(undefined)).id === asked.workspace.id
  const named = app.channels().find((name) => name === channel || name === `#${asked.channelName ?? ''}`)
  const several = asked.workspace.id === ONLY ? {} : { workspace: asked.workspace.id }
  const place = named === undefined || !isPolicys ? { channel, ...several } : { channel: named }
  await app.openPosts([{ ...subject, door: 'slack', place }])
}
