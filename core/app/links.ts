/** The way from what is shown of something at one place to what is shown of it at others. */
import type { Reply } from '../commands/reply.ts'
import type { Link } from '../commands/view.ts'
import type { Post, Subject } from '../domain/post.ts'
import type { Store } from '../ports/store.ts'
import type { Ask } from './ask.ts'
import type { Door } from './doors.ts'

/** Where people find a post, whichever door it is at; undefined: nowhere. */
export function linkOf(doors: readonly Door[], post: Post): Link | undefined {
  return doors.find(({ name }) => name === post.door)?.link?.(post)
}

/** Where a subject is shown at this moment, each address once. */
export async function linksOf(
  { store, doors }: { readonly store: Pick<Store, 'posts'>; readonly doors: readonly Door[] },
  subject: Subject,
): Promise<readonly Link[]> {
  const all = (await store.posts.ofSubject(subject)).flatMap((post) => linkOf(doors, post) ?? [])
  return all.filter(({ url }, at) => all.findIndex((other) => other.url === url) === at)
}

/** The same with `links` in the data of what a workflow run is answered: its page has room for the way there. */
export function linking(ask: Ask, of: (subject: Subject) => Promise<readonly Link[]>): Ask {
  return async (asked, who, options) => {
    const reply = await ask(asked, who, options)
    const subject = who.run === undefined || reply.outcome === 'refused' ? undefined : subjectOf(reply)
    // For show: that they cannot be had now is no reason to lose the answer.
    const found = subject === undefined ? [] : await of(subject).catch(() => [])
    const isRequest = subject?.kind === 'approval'
    const links = isRequest
      ? found.map(({ label, url }) => ({ label: `${label}, request ${subject.id}`, url }))
      : found
    return links.length === 0 ? reply : { ...reply, data: { ...reply.data, links } }
  }
}

function subjectOf({ data = {} }: Reply): Subject | undefined {
  const { approval, syncId } = data
  if (typeof approval === 'number') return { kind: 'approval', id: String(approval) }
  return typeof syncId === 'string' ? { kind: 'sync', id: syncId } : undefined
}
