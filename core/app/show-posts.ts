/** Keeps posts true: opens those that the policy asks for, shows what has moved, and nothing twice. */
import { createHash, randomUUID } from 'node:crypto'
import type { Looking } from '../commands/define.ts'
import type { Link, View } from '../commands/view.ts'
import { viewOf } from '../commands/view.ts'
import { reportPlacesOf } from '../domain/github-policy.ts'
import type { Where } from '../domain/notice-routes.ts'
import { approvalPlacesOf, livePlacesOf } from '../domain/notice-routes.ts'
import type { Person } from '../domain/policy.ts'
import { approvalRule, mayAct } from '../domain/policy.ts'
import type { DoorName, Post } from '../domain/post.ts'
import { tryAgainMs } from '../domain/post.ts'
import type { Log } from '../ports/log.ts'
import type { NewPost, TakenPost } from '../ports/posts.ts'
import type { Allowance } from './allowance.ts'
import type { Door } from './doors.ts'
import { DoorBusy, PlaceGone } from './doors.ts'
import { byHands } from './hands.ts'

/** A door that takes longer than this is given up for now; its post is held a little longer, so that no two show it. */
const PATIENCE_MS = 20_000
const LEASE_MS = 40_000
/** How soon what moves is looked at again, and what does not: words such as `in 5m` grow old. */
const MOVING_MS = 3000
const STILL_MS = 60_000
/** A cutover shows the work of several jobs and people, of which not all raises its mark. */
const CUTOVER_MS = 10_000
/** About a day of tries: what is over by then, and was never to be reached, is left alone. */
const MOST_TRIES = 300
/** How long after its end a sync still gets its post: a short one may have begun and ended between two looks. */
const ENDED_MS = 300_000

export interface ShowParts extends Looking {
  readonly log: Log
  /** Where people find a post, whichever door it is at; left out: nowhere. */
  readonly linkOf?: (post: Post) => Link | undefined
}

/** Opens the posts that the policy asks for: of syncs, of requests for approval, of cutovers. Repeatable. */
export async function openWantedPosts(
  { store, policy }: ShowParts,
  doors: ReadonlySet<DoorName>,
  known: Set<string>,
): Promise<void> {
  const [syncs, completions, approvals, cutovers] = await Promise.all([
    store.syncs.recent(ENDED_MS),
    store.jobs.completedAsTheyWere(ENDED_MS),
    store.approvals.open(),
    store.cutovers.open(),
  ])
  const ofCutovers = cutovers.map(({ number, jobs, offers }) => ({
    // Whoever is asked to take over a role hears of it, too.
    key: `cutover ${number} ${offers.map(({ to }) => to).join()}`,
    posts: [
      ...jobs.flatMap(({ job }) => livePlacesOf(policy, job)),
      ...policy.people.filter(({ name }) => offers.some(({ to }) => to === name)).flatMap(directly),
    ].map((where): NewPost => ({
      ...where,
      kind: 'cutover',
      subject: { kind: 'cutover', id: String(number) },
    })),
  }))
  const ofSyncs = syncs.map(({ id, job, kind }) => ({
    key: `sync ${id}`,
    posts: [
      ...livePlacesOf(policy, job).map((where) => ({ ...where, kind: 'sync' as const })),
      ...reportPlacesOf(policy.github, job, kind),
    ].map((where): NewPost => ({ ...where, subject: { kind: 'sync', id } })),
  }))
  const ofCompletions = completions.map(({ id, name }) => ({
    key: `completion ${id}`,
    posts: reportPlacesOf(policy.github, name, 'none').map((where): NewPost => ({
      ...where,
      subject: { kind: 'job', id },
    })),
  }))
  const ofApprovals = approvals.map((approval) => ({
    key: `approval ${approval.number}`,
    posts: [
      ...approvalPlacesOf(policy, approval.jobName),
      ...policy.people
        .filter(({ name, role }) => {
          const { by } = approvalRule(policy, approval.command, approval.jobName)
          return name !== approval.requestedBy && mayAct(role, by)
        })
        .flatMap(directly),
    ].map((where): NewPost => ({
      ...where,
      kind: 'approval',
      subject: { kind: 'approval', id: String(approval.number) },
    })),
  }))
  const all = [...ofSyncs, ...ofCompletions, ...ofApprovals, ...ofCutovers]
  const isNew = all.filter(({ key }) => !known.has(key))
  await store.posts.open(isNew.flatMap(({ posts }) => posts).filter(({ door }) => doors.has(door)))
  // What was opened need not be opened again; what is over is forgotten, so that this does not grow.
  known.clear()
  for (const { key } of all) known.add(key)
}

/** The direct message to a person; none for whoever has no Slack identity. */
function directly({ slack }: Person): readonly Where[] {
  return slack === undefined ? [] : [{ door: 'slack', place: { user: slack } }]
}

/** Shows what is due at one door; returns when all of it is shown or given back. */
export async function showDuePosts(
  parts: ShowParts,
  door: Door,
  allowance: Allowance,
  stopping: AbortSignal,
): Promise<void> {
  const owner = randomUUID()
  await byHands(
    allowance,
    stopping,
    async () => (await parts.store.posts.take(door.name, owner, LEASE_MS, 1))[0],
    (post) => showOne(parts, door, allowance, post, owner, stopping),
  )
}

async function showOne(
  parts: ShowParts,
  door: Door,
  allowance: Allowance,
  post: TakenPost,
  owner: string,
  stopping: AbortSignal,
): Promise<void> {
  const { store, log } = parts
  const seen = await viewOf(parts, post.subject)
  const view = seen && (await linked(parts, post, seen))
  if (view === undefined) return store.posts.close(post.id, 'there is nothing to show any more')
  const digest = digestOf(view)
  // What is over is looked at once more before it is closed: the same may just be put up elsewhere, and the two are to
  // lead to each other.
  const how = { digest, againInMs: soonOf(post, view), closed: view.closed && digest === post.shown }
  if (digest === post.shown) return store.posts.shown(post, owner, { ...how, remoteId: post.remoteId })
  allowance.take()
  try {
    const remoteId = await inTime(stopping, (signal) => door.show(post, view, signal))
    await store.posts.shown(post, owner, { ...how, remoteId })
  } catch (error) {
    if (error instanceof PlaceGone) {
      log.warn('a post is closed: its place is gone', {
        post: post.id,
        door: door.name,
        place: post.place,
        error,
      })
      return store.posts.close(post.id, error.message)
    }
    if (error instanceof DoorBusy) {
      // One that only keeps its own pace has sent nothing.
      if (error.isWhole) allowance.pause(error.afterMs)
      else allowance.giveBack()
      return store.posts.failed(post.id, owner, {
        ...{ problem: error.message, againInMs: error.afterMs, countsAsTry: false },
      })
    }
    // One tried for ever, for each sync of a channel that nobody lets Ferry into, would keep all others waiting.
    if (view.closed && post.tries >= MOST_TRIES) {
      log.warn('a post is given up: what it shows is over, and its place was out of reach for a day', {
        ...{ post: post.id, door: door.name, place: post.place, error },
      })
      return store.posts.close(post.id, String(error))
    }
    if (post.tries === 1)
      log.warn('a post could not be shown and is tried again', { post: post.id, door: door.name, error })
    await store.posts.failed(post.id, owner, {
      ...{ problem: String(error), againInMs: tryAgainMs(post.tries), countsAsTry: true },
    })
  }
}

function soonOf({ subject }: TakenPost, { tone, closed }: View): number {
  if (tone === 'moving' || closed) return MOVING_MS
  return subject.kind === 'cutover' ? CUTOVER_MS : STILL_MS
}

/** The same with the way to what is shown of it at other doors. */
async function linked({ store, linkOf }: ShowParts, post: Post, view: View): Promise<View> {
  if (linkOf === undefined) return view
  const others = (await store.posts.ofSubject(post.subject)).filter(({ door }) => door !== post.door)
  const links = [...(view.links ?? []), ...others.flatMap((other) => linkOf(other) ?? [])]
  return links.length === 0 ? view : { ...view, links }
}

/** What people would see; the door is asked only when it has changed. */
function digestOf({ reply, tone, closed, links }: View): string {
  return createHash('sha256')
    .update(JSON.stringify([reply, tone, closed, links]))
    .digest('hex')
}

/** Runs a call of a door, but no longer than its patience; a door that hangs holds nothing up. */
export async function inTime<T>(
  stopping: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const abort = new AbortController()
  const giveUp = (): void => abort.abort()
  const given = new Promise<never>((_, reject) => {
    const late = new Error(`the door did not answer in ${patienceMs} ms`)
    abort.signal.addEventListener('abort', () => reject(late), { once: true })
  })
  const timer = setTimeout(giveUp, patienceMs)
  stopping.addEventListener('abort', giveUp, { once: true })
  try {
    if (stopping.aborted) giveUp()
    return await Promise.race([call(abort.signal), given])
  } finally {
    clearTimeout(timer)
    stopping.removeEventListener('abort', giveUp)
  }
}
