/** Commands in comments: a reaction at once, one reply, and a reaction that says how it went. */
import type { App } from '../../core/app/assemble.ts'
import type { Subject } from '../../core/app/doors.ts'
import type { TakenDelivery } from '../../core/app/github.ts'
import { isMoving } from '../../core/commands/progress.ts'
import { readInvocation } from '../../core/commands/read.ts'
import type { Reply } from '../../core/commands/reply.ts'
import { Refusal } from '../../core/commands/reply.ts'
import type { Call } from './client.ts'
import type { CommentEvent } from './events.ts'
import type { GitHubParts } from './parts.ts'
import { mayWrite, permissionOf } from './rights.ts'
import { renderMarkdown } from './render.ts'
import { marker, putComment } from './written.ts'

/** How long something that cannot be taken back may be confirmed. */
const CONFIRM_MS = 10 * 60_000

/** Carries out the command of a comment. Repeatable: it happens once, and is answered once. */
export async function answerComment(
  { app, client }: GitHubParts,
  delivery: TakenDelivery,
  event: CommentEvent,
): Promise<string> {
  if (!app.github.listensTo(event.repository, event.isPublic)) return 'this repository is not listened to'
  const call = await client.in(event.repository, event.installation)
  await react(call, event.comment, 'eyes')
  const level = await permissionOf(call, event.from.login)
  const isKnown = app.github.person(event.from) !== undefined
  // Whoever may not even write here gets no reply: they would be able to have Ferry write what they please.
  if (!isKnown && !mayWrite(level)) {
    await react(call, event.comment, 'confused')
    return 'a stranger'
  }
  const { reply, confirm } = await replyTo(app, delivery, event, level)
  const mark = `delivery:${delivery.number}`
  const body = renderMarkdown(reply, {
    marker: marker(mark),
    last: confirm ? [`To go on, comment \`/ferry confirm ${delivery.number}\` within 10 minutes.`] : [],
  })
  const comment = await putComment(call, event.issue, {
    ...{ mark, body, since: delivery.at },
  })
  if (!confirm) await react(call, event.comment, reply.outcome === 'refused' ? '-1' : '+1')
  const subject = subjectOf(reply)
  if (subject !== undefined) {
    const place = { repository: event.repository, issue: event.issue, mark }
    await app.openPosts([{ door: 'github', kind: 'reply', subject, place, remoteId: String(comment) }])
  }
  return reply.code
}

/** What goes on after the reply, so that it is kept true until that is over. */
function subjectOf({ outcome, data }: Reply): Subject | undefined {
  const { approval, syncId, phase, state } = data ?? {}
  if (outcome !== 'accepted') return undefined
  if (typeof approval === 'number') return { kind: 'approval', id: String(approval) }
  if (typeof syncId !== 'string' || !isMoving(state)) return undefined
  // A sync that has ended says nothing of a job that moves on without one, but for its completion.
  return phase === null && state !== 'completing' ? undefined : { kind: 'sync', id: syncId }
}

interface Answer {
  readonly reply: Reply
  /** It has only been asked whether to go on. */
  readonly confirm: boolean
}

async function replyTo(
  app: App,
  delivery: TakenDelivery,
  event: CommentEvent,
  level: string,
): Promise<Answer> {
  const { asked, from, repository } = event
  const refuse = (code: string, title: string): Answer => ({
    reply: { outcome: 'refused', code, title, facts: {} },
    confirm: false,
  })
  const person = app.github.person(from)
  if (person === undefined)
    return refuse(
      'not-known',
      `Ferry does not know you: an admin adds \`github_id: ${from.id}\` to your entry in ferry.yaml.`,
    )
  if ('problem' in asked) return refuse('not-understood', asked.problem)
  const confirmed = await confirmedLine(app, delivery, event, asked.line)
  if (typeof confirmed === 'object') return refuse('nothing-to-confirm', confirmed.problem)
  const line = confirmed ?? asked.line
  try {
    const invocation = readInvocation(line, app.catalogue)
    const effect = app.catalogue.find(({ name }) => name === invocation.command)?.effect
    if (effect !== 'read' && !mayWrite(level))
      return refuse(
        'repository-permission',
        `${invocation.command} changes something: that needs write permission in ${repository} too, and you have ${level}.`,
      )
    // The key makes it happen once, also when this process dies before it has said so.
    const options = { confirmed: confirmed !== undefined, key: `github comment ${event.comment}` }
    const reply = await app.execute(invocation, { person, door: 'github' }, options)
    if (reply.code === 'confirm') return { reply: { ...reply, actions: [] }, confirm: true }
    return { reply: withoutSecret(reply), confirm: false }
  } catch (error) {
    if (error instanceof Refusal) return { reply: error.reply(), confirm: false }
    throw error
  }
}

/** The line that `confirm 41` confirms, by the same person and at the same place; undefined when it is something else. */
async function confirmedLine(
  app: App,
  delivery: TakenDelivery,
  event: CommentEvent,
  line: string,
): Promise<string | undefined | { readonly problem: string }> {
  const word = /^confirm(?:\s+(\S+))?$/.exec(line)
  if (word === null) return undefined
  const number = /^[0-9]{1,9}$/.test(word[1] ?? '') ? Number(word[1]) : Number.NaN
  if (Number.isNaN(number))
    return { problem: 'confirm needs the number that the reply has named, such as `/ferry confirm 41`.' }
  const former = await app.github.inbox.byNumber(number, CONFIRM_MS)
  const what = former?.what as CommentEvent | undefined
  if (former === undefined || what?.kind !== 'comment' || former.place !== delivery.place)
    return { problem: `Nothing here waits for confirmation under the number ${number}: ask again.` }
  if (what.from.id !== event.from.id) return { problem: 'Only who has asked for it can confirm it.' }
  if ('problem' in what.asked || !(await app.github.inbox.follow(number, delivery.id)))
    return { problem: `${number} was confirmed before.` }
  return what.asked.line
}

/** Comments are read by many: a reply that holds somebody's secret is not written there. */
function withoutSecret(reply: Reply): Reply {
  if (reply.isPrivate !== true) return reply
  return {
    ...{ outcome: 'refused', code: 'private', facts: {} },
    title:
      'The answer holds a secret, so it is not written here, and the secret is worth nothing. Ask in a terminal.',
  }
}

/** Adds a reaction; one that is there already stays. */
async function react(call: Call, comment: number, content: 'eyes' | '+1' | '-1' | 'confused'): Promise<void> {
  await call('POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions', {
    ...{ comment_id: comment, content },
  })
}
