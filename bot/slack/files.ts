/** Pages that a reply brings along, as files. */
import type { Reply } from '../../core/commands/reply.ts'
import type { Asked } from './asked.ts'
import type { SlackParts } from './parts.ts'
import { call, patiently } from './web.ts'

/**
 * Sends the document of a reply, if it has one: into the thread where it was asked for, else by direct message, since
 * a file cannot be shown to one person of a channel alone.
 */
export async function sendDocument(parts: SlackParts, asked: Asked, reply: Reply): Promise<void> {
  const { document, title } = reply
  if (document === undefined) return
  const { client } = asked.workspace
  const { place, userId } = asked
  const thread = place?.thread
  const channel =
    thread === undefined
      ? (await call(() => client.conversations.open({ users: userId }))).channel?.id
      : place?.channel
  if (channel === undefined) throw new Error('Slack opens no conversation for a file')
  const file = { filename: document.name, title, content: document.text, channel_id: channel }
  await patiently(
    () => call(() => client.filesUploadV2(thread === undefined ? file : { ...file, thread_ts: thread })),
    parts.stopping,
  )
}
