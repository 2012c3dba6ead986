/** The room of a cutover: the thread of its message, in which what its jobs wait for and do is shown too. */
import type { NewPost, Post, View } from '../../core/app/doors.ts'
import type { SlackParts } from './parts.ts'
import type { Standing } from './send.ts'

/**
 * Has the requests for approval and the syncs of a cutover's jobs kept true in its thread. Repeatable: each has one
 * message there.
 */
export async function furnish(
  { app }: Pick<SlackParts, 'app'>,
  post: Post,
  view: View,
  { channel, ts }: Standing,
): Promise<void> {
  const names = view.reply.data?.['jobs']
  if (post.kind !== 'cutover' || view.closed || !Array.isArray(names)) return
  const rows = (await app.fleet()).rows.filter(({ job }) => names.includes(job))
  const { workspace } = post.place
  const place = { channel, thread: ts, ...(workspace === undefined ? {} : { workspace }) }
  const posts = await Promise.all(
    rows.map(async ({ id }) => {
      const { approvals, syncId, state } = (await app.view({ kind: 'job', id }))?.reply.data ?? {}
      const requests = Array.isArray(approvals) ? (approvals as number[]) : []
      return [
        ...requests.map((number): NewPost => ({
          ...{ door: 'slack', kind: 'approval', place },
          subject: { kind: 'approval', id: String(number) },
        })),
        ...(state === 'syncing' && typeof syncId === 'string'
          ? [{ door: 'slack', kind: 'sync', place, subject: { kind: 'sync', id: syncId } } as const]
          : []),
      ]
    }),
  )
  await app.openPosts(posts.flat())
}
