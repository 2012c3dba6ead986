/** A sync as a check: how it goes while it moves, how it ended, and the buttons that are legal now. */
import type { Post, View } from '../../core/app/doors.ts'
import type { Reply } from '../../core/commands/reply.ts'
import type { Call } from './client.ts'
import { BUTTONS, externalId } from './checks.ts'
import { linkLines } from '../../core/commands/markdown.ts'
import { renderMarkdown } from './render.ts'

interface Check {
  readonly id: number
  readonly external_id: string | null
}

/** GitHub’s limits for a button. */
const MOST_LABEL = 20
const MOST_DESCRIPTION = 40
const MOST_TITLE = 250

const WHAT = {
  retry: 'Go on where it stopped',
  resume: 'Go on where it was paused',
  pause: 'Stop where it is, to go on later',
} as const satisfies Record<(typeof BUTTONS)[number], string>

/** Puts the check up, or brings it up to date. Returns its number. */
export async function showCheck(call: Call, post: Post, view: View): Promise<string> {
  const check = checkOf(view)
  const id = post.remoteId ?? (await standing(call, post, view.reply))
  if (id !== undefined) {
    await call('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', {
      ...check,
      check_run_id: Number(id),
    })
    return id
  }
  const made = await call<Check>('POST /repos/{owner}/{repo}/check-runs', {
    ...check,
    ...{ head_sha: await commitOf(call, String(post.place['ref'])), external_id: idOf(post, view.reply) },
    started_at: post.openedAt.toISOString(),
  })
  return String(made.id)
}

/** One that a former try has put up. */
async function standing(call: Call, post: Post, reply: Reply): Promise<string | undefined> {
  if (post.tries <= 1) return undefined
  const { check_runs: checks } = await call<{ check_runs: readonly Check[] }>(
    'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
    { ref: post.place['ref'], check_name: nameOf(reply), filter: 'all', per_page: 100 },
  )
  const found = checks.find(({ external_id: id }) => id === idOf(post, reply))
  return found && String(found.id)
}

/** The commit that a branch, a tag or HEAD is at now. */
export async function commitOf(call: Call, ref: string): Promise<string> {
  return (await call<{ sha: string }>('GET /repos/{owner}/{repo}/commits/{ref}', { ref })).sha
}

/** What GitHub is told, as it stands now. */
export function checkOf(view: View): Readonly<Record<string, unknown>> {
  const { reply, tone } = view
  const conclusion =
    tone === 'good' ? 'success' : tone === 'bad' ? 'failure' : tone === 'neutral' ? 'cancelled' : undefined
  const page = reply.data?.['page']
  return {
    name: nameOf(reply),
    // Where its own "Details" lead: to the run of a workflow that has asked for it.
    ...(typeof page === 'string' ? { details_url: page } : {}),
    ...(conclusion === undefined ? { status: 'in_progress' } : { status: 'completed', conclusion }),
    output: {
      title: reply.title.slice(0, MOST_TITLE),
      summary: renderMarkdown(reply, { tone, last: linkLines(view.links) }),
    },
    actions: BUTTONS.filter((button) => (reply.actions ?? []).some(({ label }) => label === button)).map(
      (button) => ({
        label: `${button[0]?.toUpperCase() ?? ''}${button.slice(1)}`.slice(0, MOST_LABEL),
        description: WHAT[button].slice(0, MOST_DESCRIPTION),
        identifier: button,
      }),
    ),
  }
}

/** The same as long as there is the sync. */
function nameOf({ data }: Reply): string {
  const run = /\/actions\/runs\/([0-9]+)$/.exec(String(data?.['page']))?.[1]
  return `Ferry: ${String(data?.['job'])} sync #${String(data?.['sync'])}${run === undefined ? '' : ` (run ${run})`}`
}
const idOf = (post: Post, { data }: Reply): string => externalId(String(data?.['job']), post.id)
