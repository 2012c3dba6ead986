/** Where at which door people hear and see what happens to a job, by the rules of the policy file. */
import type { DigestTime } from './digest.ts'
import { parseDigest } from './digest.ts'
import { namesJob } from './job-pattern.ts'
import type { Policy } from './policy.ts'
import type { DoorName, Place } from './post.ts'

/** From the least to the most serious. */
export const SEVERITIES = ['info', 'warning', 'error'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface Where {
  readonly door: DoorName
  readonly place: Place
}

export interface Route extends Where {
  /** When notices are told together; null: each as it comes. */
  readonly digest: DigestTime | null
}

type Rules = Pick<Policy, 'notices'>
type Rule = Policy['notices'][number]

/**
 * The routes of a notice in the order of the rules, each place once; where one of its rules wants a notice at once, it
 * comes at once. A notice of no job (a tick’s, the installation’s) goes where the rules for every job lead. None when
 * no rule speaks of it.
 */
export function routesOf(
  policy: Rules,
  notice: { readonly job: string | null; readonly severity: Severity },
): readonly Route[] {
  const routes = rulesFor(policy, notice.job)
    .filter(({ severity }) => isAtLeast(notice.severity, severity))
    .map((rule) => ({ ...whereOf(rule), digest: parseDigest(rule.digest) ?? null }))
  return eachPlaceOnce(routes).map((route) => ({
    ...route,
    digest: routes.some((other) => isSame(other, route) && other.digest === null) ? null : route.digest,
  }))
}

/** Where the syncs of a job are shown live. */
export function livePlacesOf(policy: Rules, job: string): readonly Where[] {
  return eachPlaceOnce(
    rulesFor(policy, job)
      .filter(({ live }) => live === 'on')
      .map(whereOf),
  )
}

/** Where requests for approval are shown: wherever warnings of the job go. */
export function approvalPlacesOf(policy: Rules, job: string): readonly Where[] {
  return eachPlaceOnce(
    rulesFor(policy, job)
      .filter(({ severity }) => isAtLeast('warning', severity))
      .map(whereOf),
  )
}

function rulesFor({ notices }: Rules, job: string | null): readonly Rule[] {
  return notices.filter(({ jobs }) => (job === null ? jobs === '*' : namesJob(jobs, job)))
}

function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least)
}

/** The policy file names exactly one of both. */
function whereOf({ channel, issue }: Rule): Where {
  if (issue === undefined) return { door: 'slack', place: { channel: channel ?? '' } }
  const [repository = '', number = ''] = issue.split('#')
  return { door: 'github', place: { repository, issue: Number(number) } }
}

function isSame(one: Where, other: Where): boolean {
  return one.door === other.door && JSON.stringify(one.place) === JSON.stringify(other.place)
}

function eachPlaceOnce<T extends Where>(all: readonly T[]): readonly T[] {
  return all.filter((where, at) => all.findIndex((other) => isSame(other, where)) === at)
}
