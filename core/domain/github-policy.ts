/** What the policy file says of GitHub: where Ferry listens, where it reports, and which environments it guards. */
import { z } from 'zod'
import type { SyncKind } from './job.ts'
import { JOB_PATTERN, namesJob } from './job-pattern.ts'
import type { Place } from './post.ts'
import type { Workflows } from './workflows.ts'
import { GITHUB_ISSUER, Issuer } from './workflows.ts'

const repository = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[A-Za-z0-9._-]{1,100}$/,
    'a repository is owner/name, such as acme/operations',
  )
const pattern = z
  .string()
  .regex(JOB_PATTERN, 'a pattern is a job’s name in which * stands for any part, such as web-*')
const line = (what: string) =>
  z
    .string()
    .min(1)
    .max(255)
    .refine((text) => text.split('{job}').length <= 2, `${what} names {job} once at most`)

const Report = z.strictObject({
  jobs: pattern.default('*').describe('The jobs it is for: a name in which `*` stands for any part'),
  repository: repository.describe('Where checks and deployments of these jobs are shown'),
  ref: z
    .string()
    .regex(/^[^\s~^:?*[\\]{1,200}$/, 'a ref is a branch, a tag or a commit, such as main')
    .default('HEAD')
    .describe('The commit that they are shown at: a branch, a tag or a commit; `HEAD` is the default branch'),
  environment: line('environment')
    .default('ferry/{job}')
    .describe('The environment under which cutovers are recorded as deployments'),
  environment_url: z
    .url({ protocol: /^https?$/, error: 'it is a URL such as https://shop.example.com' })
    .optional()
    .describe('Where people reach the server after the cutover'),
})

const Gate = z
  .strictObject({
    repository: repository.describe('The repository whose workflow jobs wait for Ferry'),
    environment: line('environment').describe(
      'The environment that Ferry guards; in it `{job}` may stand for the job: `cutover-{job}`',
    ),
    job: z
      .string()
      .regex(/^[a-z][a-z0-9-]{1,38}[a-z0-9]$/, 'a job is named as `list` shows it, such as web-01')
      .optional()
      .describe('The job, where neither environment nor run_name tells it'),
    run_name: line('run_name')
      .optional()
      .describe('How the workflow names its runs (`run-name:`), with `{job}` where the job is'),
    command: z
      .string()
      .max(400)
      .default('complete {job} --last-sync --services-stopped')
      .describe('What the workflow asks of Ferry once it may go on; `{job}` stands for the job'),
  })
  .refine(
    ({ environment, job, run_name }) =>
      [environment.includes('{job}'), job !== undefined, run_name?.includes('{job}')].filter(Boolean)
        .length === 1,
    'say in one way which job it is: job: web-01, or {job} within environment, or {job} within run_name',
  )
export type GitHubGate = z.infer<typeof Gate>

export const GitHubPolicy = z.strictObject({
  issuer: Issuer.optional().describe(
    'Which GitHub the numbers of people and the App are of. Default: the issuer of the rules under `workflows`; needed when they name several',
  ),
  repositories: z
    .array(repository)
    .default([])
    .describe(
      'Where `/ferry` in comments is obeyed. None named: in every repository of the App that is not public; a public one must be named',
    ),
  reports: z
    .array(Report)
    .max(200)
    .default([])
    .describe('Where syncs and cutovers are shown as checks and deployments; the first that matches counts'),
  gates: z
    .array(Gate)
    .max(200)
    .default([])
    .describe('Environments that Ferry guards as a deployment protection rule'),
})
export type GitHubPolicy = z.infer<typeof GitHubPolicy>

/**
 * Which GitHub people's numbers and the App's gates are of, as the tokens of its runs name it. Numbers of accounts,
 * repositories and runs begin anew at every GitHub: only together with this do they say who or what is meant.
 */
export function issuerOf({
  github,
  workflows,
}: {
  readonly github: Pick<GitHubPolicy, 'issuer'>
  readonly workflows: Pick<Workflows, 'rules'>
}): string {
  return github.issuer ?? workflows.rules[0]?.issuer ?? GITHUB_ISSUER
}

/** Whether commands in comments of this repository are obeyed. */
export function isListenedTo(
  { repositories }: Pick<GitHubPolicy, 'repositories'>,
  repository: string,
  isPublic: boolean,
): boolean {
  if (repositories.length === 0) return !isPublic
  return repositories.some((named) => isSame(named, repository))
}

/**
 * Where a sync is reported, beside the messages that are kept true: as a check, and the last one as a deployment. `none`:
 * a completion without a last sync, which is a deployment alone.
 */
export function reportPlacesOf(
  { reports }: Pick<GitHubPolicy, 'reports'>,
  job: string,
  kind: SyncKind | 'none',
): readonly { readonly door: 'github'; readonly kind: 'check' | 'deployment'; readonly place: Place }[] {
  const found = reports.find(({ jobs }) => namesJob(jobs, job))
  if (found === undefined) return []
  const { repository, ref, environment, environment_url: url } = found
  const check = { door: 'github', kind: 'check', place: { repository, ref } } as const
  if (kind !== 'final' && kind !== 'none') return [check]
  const place = {
    ...{ repository, ref, environment: environment.replace('{job}', job) },
    ...(url === undefined ? {} : { url }),
  }
  const deployment = { door: 'github', kind: 'deployment', place } as const
  return kind === 'none' ? [deployment] : [check, deployment]
}

/**
 * What a workflow job that waits at an environment wants of Ferry: the line of the command. A sentence instead when
 * that cannot be told.
 */
export function gateLine(
  { gates }: Pick<GitHubPolicy, 'gates'>,
  asked: { readonly repository: string; readonly environment: string; readonly runName: string },
): { readonly line: string; readonly job: string } | { readonly problem: string } {
  const ofRepository = gates.filter(({ repository }) => isSame(repository, asked.repository))
  for (const gate of ofRepository) {
    const named = between(gate.environment, asked.environment)
    if (named === undefined) continue
    const job = gate.job ?? (gate.run_name === undefined ? named : between(gate.run_name, asked.runName))
    if (job === undefined || job === '')
      return {
        problem: `The name of the run does not say which job it is about. ferry.yaml expects it as "${gate.run_name ?? gate.environment}".`,
      }
    return { job, line: gate.command.replaceAll('{job}', job) }
  }
  return {
    problem: `ferry.yaml does not say which job the environment ${asked.environment} of ${asked.repository} is about: an admin adds it under github.gates.`,
  }
}

/** Whether Ferry guards this environment at all. */
export function isGuarded(
  { gates }: Pick<GitHubPolicy, 'gates'>,
  repository: string,
  environment: string,
): boolean {
  return gates.some(
    (gate) => isSame(gate.repository, repository) && between(gate.environment, environment) !== undefined,
  )
}

/**
 * What stands for `{job}` when `text` is of the form of `pattern`, as GitHub compares names: whatever the case. Empty
 * when the pattern has no `{job}`; undefined when the text is of another form, or no job can be named so.
 */
function between(pattern: string, text: string): string | undefined {
  const [before = '', after] = pattern.toLowerCase().split('{job}')
  const given = text.toLowerCase()
  if (after === undefined) return given === before ? '' : undefined
  if (!given.startsWith(before) || !given.endsWith(after) || given.length < before.length + after.length)
    return undefined
  const job = given.slice(before.length, given.length - after.length)
  return /^[a-z][a-z0-9-]{1,38}[a-z0-9]$/.test(job) ? job : undefined
}

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()
