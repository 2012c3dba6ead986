/** What Ferry shows at GitHub by itself: comments that are kept true, notices, checks and deployments. */
import type { Door, Place, Post, Told, View } from '../../core/app/doors.ts'
import { DoorBusy, PlaceGone } from '../../core/app/doors.ts'
import { showCheck } from './check-post.ts'
import type { Call } from './client.ts'
import { showDeployment } from './deployment-post.ts'
import { linkLines } from '../../core/commands/markdown.ts'
import type { GitHubParts } from './parts.ts'
import { renderMarkdown } from './render.ts'
import { GitHubTrouble } from './trouble.ts'
import { editComment, marker, putComment } from './written.ts'

/** GitHub asks for no more than 80 writes in a minute and 500 in an hour; people read no faster than this either. */
const SHOWS_PER_MINUTE = 60

/** `paceMs`: how long something that moves on its own stays as it is shown. */
export function githubDoor({ app, client }: GitHubParts, webUrl: string, paceMs: number): Door {
  return {
    name: 'github',
    showsPerMinute: SHOWS_PER_MINUTE,
    show: async (post, view) => {
      const since = post.shownAt === null ? Infinity : app.now().getTime() - post.shownAt.getTime()
      if (view.tone === 'moving' && since < paceMs) throw new DoorBusy(paceMs - since)
      return orTrouble(async () => {
        const call = await client.in(repositoryOf(post.place))
        if (post.kind === 'check') return showCheck(call, post, view)
        if (post.kind === 'deployment') return showDeployment(call, post, view)
        return showComment(call, post, view)
      })
    },
    link: (post) => {
      const url = pageOf(webUrl, post)
      return url === undefined ? undefined : { label: LABELS[post.kind] ?? 'GitHub', url }
    },
    tell: (place, message) =>
      orTrouble(async () => tellNotice(await client.in(repositoryOf(place)), place, message)),
  }
}

const LABELS: Partial<Record<Post['kind'], string>> = { check: 'Check', deployment: 'Deployment' }

/** Where people see what the API speaks of: at GitHub, at what it runs for a company, at a company's own server. */
export function webUrlOf(apiUrl: string): string {
  if (apiUrl === 'https://api.github.com') return 'https://github.com'
  const hosted = /^https:\/\/api\.([\w-]+\.ghe\.com)$/.exec(apiUrl)?.[1]
  return hosted === undefined ? apiUrl.replace(/\/api\/v3$/, '') : `https://${hosted}`
}

/** Where a browser shows it. `webUrl`: of GitHub itself. */
function pageOf(webUrl: string, { kind, place, remoteId }: Post): string | undefined {
  if (remoteId === null) return undefined
  const at = `${webUrl}/${repositoryOf(place)}`
  if (kind === 'check') return `${at}/runs/${remoteId}`
  if (kind === 'deployment') return `${at}/deployments/${encodeURIComponent(String(place['environment']))}`
  return `${at}/issues/${issueOf(place)}#issuecomment-${remoteId}`
}

/** A comment of its own, or the reply to somebody’s command, which has its mark already. */
async function showComment(call: Call, post: Post, view: View): Promise<string> {
  const mark = typeof post.place['mark'] === 'string' ? post.place['mark'] : `post:${post.id}`
  const body = renderMarkdown(view.reply, {
    marker: marker(mark),
    tone: view.tone,
    last: linkLines(view.links),
  })
  if (post.remoteId !== null) {
    await editComment(call, Number(post.remoteId), body)
    return post.remoteId
  }
  const made = { mark, body, since: post.openedAt, isNew: post.tries <= 1 }
  return String(await putComment(call, issueOf(post.place), made))
}

async function tellNotice(call: Call, place: Place, message: Told): Promise<void> {
  const mark = `told:${message.id}`
  const body = renderMarkdown(message.view.reply, { marker: marker(mark), tone: message.view.tone })
  const since = message.notices[0]?.at ?? new Date(0)
  await putComment(call, issueOf(place), { mark, body, since, isNew: !message.isRepeat })
}

/** Trouble of GitHub’s in the words that core knows. */
async function orTrouble<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof GitHubTrouble)) throw error
    if (error.kind === 'gone' || /locked/i.test(error.message)) throw new PlaceGone(error.message)
    if (error.waitMs !== undefined) throw new DoorBusy(error.waitMs, { isWhole: true })
    throw error
  }
}

const repositoryOf = (place: Place): string => String(place['repository'] ?? '')
const issueOf = (place: Place): number => Number(place['issue'])
