/** The last sync of a job as a deployment: what GitHub keeps of a cutover, with the address that it led to. */
import type { Post, View } from '../../core/app/doors.ts'
import { commitOf } from './check-post.ts'
import type { Call } from './client.ts'

interface Deployment {
  readonly id: number
  readonly payload: unknown
}

interface Status {
  readonly state: string
  readonly description: string | null
}

const MOST_DESCRIPTION = 140
/** How a deployment made by Ferry is told from others in the same environment. */
const TASK = 'ferry:cutover'

/** Puts the deployment up, or adds a status when it has changed. Returns its number. */
export async function showDeployment(call: Call, post: Post, view: View): Promise<string> {
  const id = post.remoteId ?? (await standing(call, post)) ?? (await make(call, post, view))
  const status = statusOf(view)
  const page = view.reply.data?.['page']
  const [last] = await call<readonly Status[]>(
    'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
    { deployment_id: Number(id), per_page: 1 },
  )
  // Statuses are added, never edited: only another state or a new sentence is worth one.
  if (last?.state !== status.state || (last.description !== status.description && status.isEnd))
    await call('POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
      ...{ deployment_id: Number(id), state: status.state, description: status.description },
      ...(typeof post.place['url'] === 'string' ? { environment_url: post.place['url'] } : {}),
      // What GitHub calls its log: the workflow run that has asked for it.
      ...(typeof page === 'string' ? { log_url: page } : {}),
      auto_inactive: true,
    })
  return id
}

async function standing(call: Call, post: Post): Promise<string | undefined> {
  if (post.tries <= 1) return undefined
  const all = await call<readonly Deployment[]>('GET /repos/{owner}/{repo}/deployments', {
    ...{ environment: post.place['environment'], task: TASK, per_page: 30 },
  })
  const found = all.find(({ payload }) => postIn(payload) === post.id)
  return found && String(found.id)
}

async function make(call: Call, post: Post, { reply }: View): Promise<string> {
  const { ref: named, environment } = post.place
  // A deployment is of a branch, a tag or a commit: of which commit HEAD is, only the commits of a repository know.
  const ref = named === 'HEAD' ? await commitOf(call, named) : named
  const made = await call<Deployment>('POST /repos/{owner}/{repo}/deployments', {
    ...{
      ref,
      environment,
      task: TASK,
      auto_merge: false,
      required_contexts: [],
      production_environment: true,
    },
    description: `Cutover of ${String(reply.data?.['job'])}`.slice(0, MOST_DESCRIPTION),
    payload: { post: post.id, job: reply.data?.['job'], sync: reply.data?.['sync'] },
  })
  return String(made.id)
}

const STATES = {
  moving: 'in_progress',
  waits: 'queued',
  good: 'success',
  bad: 'failure',
  neutral: 'inactive',
} as const satisfies Record<View['tone'], string>

/** `isEnd`: nothing follows it by itself. */
export function statusOf({ reply, tone }: View): {
  readonly state: (typeof STATES)[View['tone']]
  readonly description: string
  readonly isEnd: boolean
} {
  const state = STATES[tone]
  const isEnd = state !== 'in_progress' && state !== 'queued'
  return { state, description: reply.title.slice(0, MOST_DESCRIPTION), isEnd }
}

/** GitHub gives a payload back as it was sent, or as text. */
function postIn(payload: unknown): unknown {
  if (typeof payload === 'string') {
    try {
      return postIn(JSON.parse(payload))
    } catch {
      return undefined
    }
  }
  return typeof payload === 'object' && payload !== null && 'post' in payload ? payload.post : undefined
}
