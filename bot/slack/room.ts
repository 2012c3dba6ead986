/** The room of a cutover: the thread of its message, in which what its jobs wait for and do is shown too. */
import type { NewPost, Post, View } from '../../core/app/doors.ts'
import type { SlackParts } from './parts.ts'
import { checklistOfData } from './render/checklist.ts'
import type { Standing } from './send.ts'

/**
 * Has the requests for approval and the last syncs of a cutover's jobs kept true in its thread; one that was over before
 * anybody looked is shown as it ended. Repeatable: each has one message there.
 */
export async function furnish(
  { app }: Pick<SlackParts, 'app'>,
  post: Post,
  view: View,
  { channel, ts }: Standing,
): Promise<void> {
  const checklist = checklistOfData(view.reply)
  if (post.kind !== 'cutover' || checklist.length === 0) return
  const rows = (await app.fleet()).rows
  const { workspace } = post.place
  const place = { channel, thread: ts, ...(workspace === undefined ? {} : { workspace }) }
  const posts = await Promise.all(
    checklist.map(async ({ job, steps }) => {
      const id = rows.find((row) => row.job === job)?.id
      if (id === undefined) return []
      const { approvals, syncId } = (await app.view({ kind: 'job', id }))?.reply.data ?? {}
      const requests = Array.isArray(approvals) ? (approvals as number[]) : []
      const isLast = steps.some(
        ({ step, state }) => step === 'last-sync' && (state === 'doing' || state === 'done'),
      )
      return [
        ...requests.map((number): NewPost => ({
          ...{ door: 'slack', kind: 'approval', place },
          subject: { kind: 'approval', id: String(number) },
        })),
        ...(isLast && typeof syncId === 'string'
          ? [{ door: 'slack', kind: 'sync', place, subject: { kind: 'sync', id: syncId } } as const]
          : []),
      ]
    }),
  )
  await app.openPosts(posts.flat())
}
