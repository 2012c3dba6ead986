/** The webhooks that Ferry acts on, each reduced to what it acts on: nothing else of a payload is kept. */
import type { Probot } from 'probot'
import type { Delivery } from '../../core/app/github.ts'
import { commandIn } from './command-line.ts'

export interface Account {
  readonly id: number
  readonly login: string
}

interface Somewhere {
  /** `acme/operations` */
  readonly repository: string
  readonly installation: number | undefined
}

/** A comment that asks for something, in an issue or a pull request. */
export interface CommentEvent extends Somewhere {
  readonly kind: 'comment'
  readonly isPublic: boolean
  readonly issue: number
  readonly comment: number
  readonly from: Account
  /** The command, or why the comment cannot be read as one. */
  readonly asked: { readonly line: string } | { readonly problem: string }
}

/** A button of a check was pressed, or its check was asked to run again. */
export interface CheckEvent extends Somewhere {
  readonly kind: 'check'
  readonly check: number
  /** What Ferry has called it. */
  readonly externalId: string
  readonly button: string
  readonly from: Account
}

/** A job of a workflow waits at an environment. */
export interface GateEvent extends Somewhere {
  readonly kind: 'gate'
  readonly repositoryId: number
  readonly environment: string
  readonly run: number
}

/** A person has decided about such a job in GitHub itself. */
export interface ReviewEvent extends Somewhere {
  readonly kind: 'review'
  readonly repositoryId: number
  readonly run: number
  readonly attempt: number
  readonly environments: readonly string[]
  readonly isApproved: boolean
  readonly comment: string
  readonly from: Account
}

export type GitHubEvent = CommentEvent | CheckEvent | GateEvent | ReviewEvent

/** What the App subscribes to: its manifest names them. */
export const EVENTS = [
  'issue_comment.created',
  'check_run.requested_action',
  'check_run.rerequested',
  'deployment_protection_rule.requested',
  'deployment_review.approved',
  'deployment_review.rejected',
] as const

type Take = (delivery: Delivery) => Promise<unknown>

/** Registers a handler for each of `EVENTS`; a handler only takes the delivery in. */
export function onEvents(probot: Probot, take: Take): void {
  const taken = (id: string, event: (typeof EVENTS)[number], place: string, what: GitHubEvent) =>
    take({ id, event, place: `${what.repository.toLowerCase()}#${place}`, what })

  probot.on('issue_comment.created', async ({ id, payload }) => {
    const { comment, issue, repository, installation, sender } = payload
    // What an app has written, Ferry itself first of all, is never an order.
    if (sender.type === 'Bot' || comment.user?.type !== 'User' || comment.performed_via_github_app) return
    const asked = commandIn(comment.body)
    if (asked === undefined) return
    await taken(id, 'issue_comment.created', String(issue.number), {
      ...{ kind: 'comment', ...somewhere(repository, installation), asked },
      isPublic: !repository.private && repository.visibility !== 'internal',
      ...{ issue: issue.number, comment: comment.id },
      from: { id: comment.user.id, login: comment.user.login },
    })
  })

  probot.on('check_run.requested_action', async ({ id, payload }) => {
    const { check_run, repository, installation, sender, requested_action } = payload
    await taken(id, 'check_run.requested_action', `check ${check_run.id}`, {
      ...{ kind: 'check', ...somewhere(repository, installation) },
      check: check_run.id,
      externalId: check_run.external_id ?? '',
      button: requested_action?.identifier ?? '',
      from: { id: sender.id, login: sender.login },
    })
  })

  probot.on('check_run.rerequested', async ({ id, payload }) => {
    const { check_run, repository, installation, sender } = payload
    await taken(id, 'check_run.rerequested', `check ${check_run.id}`, {
      ...{ kind: 'check', ...somewhere(repository, installation) },
      ...{ check: check_run.id, externalId: check_run.external_id ?? '', button: 'retry' },
      from: { id: sender.id, login: sender.login },
    })
  })

  probot.on('deployment_protection_rule.requested', async ({ id, payload }) => {
    const { repository, installation, environment, deployment_callback_url: callback } = payload
    // The run is told by the address that takes the answer, and nowhere else.
    const run = Number(
      /\/actions\/runs\/([0-9]{1,15})\/deployment_protection_rule$/.exec(callback ?? '')?.[1],
    )
    if (environment === undefined || !(run > 0)) return
    await taken(id, 'deployment_protection_rule.requested', `run ${run}`, {
      ...{ kind: 'gate', ...somewhere(repository, installation), repositoryId: repository.id },
      ...{ environment, run },
    })
  })

  for (const action of ['approved', 'rejected'] as const)
    probot.on(`deployment_review.${action}`, async ({ id, payload }) => {
      const { repository, installation, workflow_run: run, workflow_job_runs: jobs = [], sender } = payload
      // What a rule has decided, Ferry’s own among them, is told as a review too.
      if (run === null || sender.type === 'Bot') return
      const who = payload.approver ?? sender
      const named = [payload.workflow_job_run, ...jobs].flatMap((job) => job?.environment ?? [])
      await taken(id, `deployment_review.${action}`, `run ${run.id}`, {
        ...{ kind: 'review', ...somewhere(repository, installation), repositoryId: repository.id },
        ...{ run: run.id, attempt: run.run_attempt, environments: [...new Set(named)] },
        ...{ isApproved: action === 'approved', comment: payload.comment ?? '' },
        from: { id: who.id ?? 0, login: who.login ?? '' },
      })
    })
}

function somewhere(
  repository: { readonly full_name: string },
  installation: { readonly id: number } | undefined,
): Somewhere {
  return { repository: repository.full_name, installation: installation?.id }
}
