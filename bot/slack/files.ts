/** Pages that a reply brings along, as files. */
import type { Reply } from '../../core/commands/reply.ts'
import type { Asked } from './asked.ts'
import { isOutside } from './asked.ts'
import type { SlackParts } from './parts.ts'
import { call, patiently } from './web.ts'

/**
 * Sends the document of a reply, if it has one: into the thread where it was asked for, else by direct message, since
 * a file cannot be shown to one person of a channel alone. So it goes where Ferry is no member, too: Slack lets it
 * write into a public channel then, but not put files there.
 */
export async function sendDocument(parts: SlackParts, asked: Asked, reply: Reply): Promise<void> {
  const { document, title } = reply
  if (document === undefined) return
  const { client } = asked.workspace
  const { place, userId } = asked
  const file = { filename: document.name, title, content: document.text }
  const upload = (to: { channel_id: string } | { channel_id: string; thread_ts: string }): Promise<unknown> =>
    patiently(() => call(() => client.filesUploadV2({ ...file, ...to })), parts.stopping)
  if (place?.thread !== undefined)
    try {
      await upload({ channel_id: place.channel, thread_ts: place.thread })
      return
    } catch (error) {
      if (!isOutside(error)) throw error
    }
  const { channel } = await patiently(
    () => call(() => client.conversations.open({ users: userId })),
    parts.stopping,
  )
  if (channel?.id === undefined) throw new Error('Slack opens no conversation for a file')
  await upload({ channel_id: channel.id })
}

/**
 * Slack takes commands in channels and not in threads: what is typed of a cutover in the channel of its room is meant
 * for the room, and so is its report.
 */
export async function inItsRoom({ app }: SlackParts, asked: Asked, { data }: Reply): Promise<Asked> {
  const { cutover } = data ?? {}
  const { place } = asked
  if (typeof cutover !== 'number' || place === undefined || place.thread !== undefined) return asked
  const posts = await app.postsOf({ kind: 'cutover', id: String(cutover) })
  const [, thread] =
    posts
      .filter(({ door }) => door === 'slack')
      .map(({ remoteId }) => (remoteId ?? '').split(' '))
      .find(([channel]) => channel === place.channel) ?? []
  return thread === undefined ? asked : { ...asked, place: { ...place, thread } }
}
