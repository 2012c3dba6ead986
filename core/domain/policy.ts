/**
 * The policy file `ferry.yaml`: who may do what, what others must agree to, when, where things are made in the cloud,
 * and what new jobs are like. docs/ferry.schema.json and docs/policy.md are made of the descriptions here.
 */
import { z } from 'zod'
import { parseDigest } from './digest.ts'
import { INTERVAL_RANGE, parseDuration } from './duration.ts'
import { GitHubPolicy } from './github-policy.ts'
import { imageNameProblem } from './image-name.ts'
import { JOB_PATTERN, namesJob } from './job-pattern.ts'
import { parseRate } from './rate.ts'
import { formatWindow, parseWindow } from './window.ts'
import { GitHubNumber, Workflows } from './workflows.ts'

export const ROLES = ['viewer', 'operator', 'approver', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Whether `role` includes what `needed` may do: viewer < operator < approver < admin. */
export function mayAct(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}

export const Person = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9._-]{0,39}$/, 'a name is 1 to 40 of a-z, 0-9, dot, dash, underscore, a letter first')
    .describe('How Ferry names this person, in replies and in the audit'),
  role: z
    .enum(ROLES, `a role is one of ${ROLES.join(', ')}`)
    .describe('What this person may do: each role includes the one before it'),
  tokens: z
    .array(z.string().regex(/^sha256:[0-9a-f]{64}$/, 'a token is given as sha256:<64 hex digits>'))
    .default([])
    .describe('SHA-256 of each token for CLI and API: the tokens themselves are never in the file'),
  slack: z
    .string()
    .regex(/^[UW][\w-]{1,30}$/, 'a Slack identity is a member id such as U01ABCDEF, not a name')
    .optional()
    .describe('The member id in Slack'),
  github: z
    .string()
    .regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/, 'a GitHub identity is a login such as ada-l, without @')
    .optional()
    .describe('The login at GitHub'),
  github_id: GitHubNumber.optional().describe(
    'The number of the account at GitHub, `gh api users/<login> --jq .id`: who starts a workflow is known by it',
  ),
})
export type Person = z.infer<typeof Person>

/** A whole number within a range, refused in one sentence. */
function whole(min: number, max: number) {
  const sentence = `it is a whole number from ${min} to ${max}`
  return z.int(sentence).min(min, sentence).max(max, sentence)
}

const NEEDED = whole(0, 10)
/** The roles that may decide on a request. */
const DECIDERS = ['approver', 'admin'] as const

export const ApprovalRule = z.union(
  [
    NEEDED,
    z.strictObject({
      needed: NEEDED.describe('How many other people must agree'),
      by: z.enum(DECIDERS).default('approver').describe('The least role that may decide'),
    }),
  ],
  'a rule is a whole number from 0 to 10, or { needed: 2, by: admin }',
)
export type ApprovalRule = z.infer<typeof ApprovalRule>

const Approvals = z.record(z.string(), ApprovalRule)
const pattern = z
  .string()
  .regex(JOB_PATTERN, 'a pattern is a job’s name in which * stands for any part, such as web-*')
const jobs = pattern.describe('The jobs it is for: a name in which `*` stands for any part')

/** A name has no space in it, and every window in its own words has. */
export const WINDOW_NAME = /^[a-z][a-z0-9-]{1,39}$/

export const NamedWindow = z.strictObject({
  name: z
    .string()
    .regex(WINDOW_NAME, 'the name of a window is 2 to 40 of a-z, 0-9, dash, a letter first')
    .describe('What `window web-01 <name>` and `defaults.windows` refer to'),
  when: z
    .string()
    .describe('Day or date, start and end: `Sat 22:00-02:00`; an end before its start is the next day'),
  zone: z.string().optional().describe('The time zone, `Asia/Shanghai`, unless `when` names it'),
})
export type NamedWindow = z.infer<typeof NamedWindow>

const ON_OFF = z.enum(['on', 'off'], 'it is on or off')

const NoticeRule = z
  .strictObject({
    jobs: jobs.default('*'),
    severity: z
      .enum(['info', 'warning', 'error'], 'a severity is info, warning or error')
      .default('warning')
      .describe('The least severity that is sent; requests for approval count as warnings'),
    channel: z
      .string()
      .regex(/^(#[a-z0-9_-]{1,79}|[CG][A-Z0-9]{5,20})$/, 'a channel is #its-name or its id such as C01ABCDEF')
      .optional()
      .describe('The Slack channel; a rule has either this or `issue`'),
    issue: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100}#[1-9][0-9]{0,8}$/,
        'an issue is owner/repository#number, such as acme/servers#12',
      )
      .optional()
      .describe('The GitHub issue or pull request, `owner/repository#number`'),
    live: ON_OFF.default('off').describe(
      'on: each sync and each cutover of these jobs has one message there that is kept true while it moves',
    ),
    digest: z
      .string()
      .refine(
        (text) => text === 'off' || parseDigest(text) !== undefined,
        'a digest is off, a time between two of 5m to 1d, or a time of day with its zone, such as 09:00 Asia/Shanghai',
      )
      .default('off')
      .describe(
        'off: notices are told as they come. `1h` or `09:00 Asia/Shanghai`: they are gathered and told together then',
      ),
  })
  .refine(({ channel, issue }) => (channel === undefined) !== (issue === undefined), {
    error: 'a rule has either channel or issue',
  })

const Cloud = z.strictObject({
  region: z.string().min(1).default('cn-hangzhou').describe('The region; a change needs a restart'),
  zone: z.string().min(1).optional().describe('The zone of intermediates'),
  vswitch: z.string().min(1).optional().describe('The vSwitch of intermediates and test servers'),
  security_group: z.string().min(1).optional().describe('Their security group'),
  instance_types: z
    .array(z.string())
    .min(1)
    .default(['ecs.t6-c1m1.large', 'ecs.t5-lc1m2.small', 'ecs.g6.large'])
    .describe('Their instance types, tried in order while one is sold out'),
  base_image: z.string().min(1).optional().describe('The public Linux image that intermediates run'),
  public_address: z
    .boolean()
    .default(true)
    .describe('false when sources reach the vSwitch over a VPN or a leased line'),
  snapshot_price: z
    .strictObject({
      per_gib_month: z.number().min(0).max(1000).describe('What a GiB costs a month'),
      currency: z
        .string()
        .regex(/^[A-Z]{3}$/, 'a currency is three letters, such as CNY')
        .describe('`CNY`, `USD` …'),
    })
    .optional()
    .describe('What snapshots cost by the account’s price list: the cloud has no call that tells'),
})

const [shortest = 0, longest = 0] = [INTERVAL_RANGE.min, INTERVAL_RANGE.max].map((text) =>
  parseDuration(text),
)

const isHold = (text: string): boolean => {
  const ms = parseDuration(text)
  return ms !== undefined && ms >= 1000 && ms <= 30_000
}

const Defaults = z.strictObject({
  every: z
    .string()
    .regex(/^[0-9]{1,9}[smhd]$/, 'an interval is one whole number and one of s, m, h, d, such as 6h')
    .refine(
      (text) => (parseDuration(text) ?? 0) >= shortest && (parseDuration(text) ?? 0) <= longest,
      'an interval is 1h to 7d',
    )
    .default('6h')
    .describe('Interval, from the end of one sync to the start of the next: 1h to 7d'),
  keep: whole(1, 10).default(3).describe('How many images a job keeps: 1 to 10'),
  auto: z
    .enum(['on', 'off'], 'it is on or off')
    .default('on')
    .describe('Automatic incremental sync; off means full copy only, then Completed'),
  limit: z
    .string()
    .regex(/^([0-9]{1,6}[kmg]bit|off)$/, 'a limit is a bandwidth such as 200mbit, or off')
    .refine(
      (text) => text === 'off' || parseRate(text) !== undefined,
      'a limit is not less than 64kbit; or off',
    )
    .default('off')
    .describe('The most bandwidth that a sync may use'),
  hold: z
    .string()
    .refine((text) => text === 'off' || isHold(text), 'a hold is 1s to 30s, or off')
    .default('2s')
    .describe(
      'How long writes on the source may be held so that an image is one instant (S9): 1s to 30s, or off',
    ),
  image_name: z
    .string()
    .superRefine((pattern, context) => {
      const problem = imageNameProblem(pattern)
      if (problem !== undefined) context.addIssue(`the pattern ${problem}`)
    })
    .default('ferry-{job}-{number}-{id}')
    .describe('The names of images, of {job}, {number}, {date} and {id}'),
  windows: z
    .array(z.string())
    .max(10)
    .default([])
    .describe('When jobs may be completed: names of `windows`; none means at any time'),
})

export const Policy = z.strictObject({
  people: z.array(Person).min(1, 'name at least one person').describe('Who may use Ferry'),
  approvals: Approvals.default({}).describe(
    'How many other people must agree to a command before it runs, by command: a number, or number and role. `complete` needs one unless it is named here',
  ),
  overrides: z
    .array(
      z.strictObject({
        jobs,
        approvals: Approvals.describe('The same as `approvals`, for these jobs'),
      }),
    )
    .default([])
    .describe('Rules for some jobs; the first that matches the job and names the command counts'),
  crash_consistent: z
    .array(pattern)
    .default([])
    .describe(
      'Jobs, by name or with `*`, whose last sync may run while services write; its image is as after a power cut',
    ),
  windows: z.array(NamedWindow).max(100).default([]).describe('Named times in which a cutover is allowed'),
  notices: z
    .array(NoticeRule)
    .default([])
    .describe(
      'Which notices go where; one that several rules match goes to all of their places, to each once',
    ),
  workflows: Workflows.prefault({}).describe(
    'Which runs of GitHub Actions may use Ferry without a stored secret',
  ),
  github: GitHubPolicy.prefault({}).describe('What the GitHub App listens to, shows and guards'),
  cloud: Cloud.prefault({}).describe('Where intermediates and images are made'),
  defaults: Defaults.prefault({}).describe('What `create` takes where it is not told otherwise'),
})
export type Policy = z.infer<typeof Policy>

/** How many must agree to a command on a job, and who may: what the policy names, else one approver to complete. */
export function approvalRule(
  policy: Pick<Policy, 'approvals' | 'overrides'>,
  command: string,
  job: string,
): { readonly needed: number; readonly by: (typeof DECIDERS)[number] } {
  const special = policy.overrides.find(
    (override) => namesJob(override.jobs, job) && Object.hasOwn(override.approvals, command),
  )
  const named = special?.approvals ?? policy.approvals
  const rule = Object.hasOwn(named, command) ? named[command] : undefined
  if (typeof rule === 'object') return rule
  return { needed: rule ?? (command === 'complete' ? 1 : 0), by: 'approver' }
}

/** The text of a named window, as a job stores it. Undefined when there is none of this name. */
export function windowNamed(policy: Pick<Policy, 'windows'>, name: string): string | undefined {
  const found = policy.windows.find((window) => window.name === name)
  const read = found && parseWindow(windowText(found))
  return read === undefined || 'problem' in read ? undefined : formatWindow(read)
}

export function windowText({ when, zone }: NamedWindow): string {
  return zone === undefined ? when : `${when} ${zone}`
}

/** Whether a last sync of this job may run without its services being stopped. */
export function mayCrashConsistently(policy: Pick<Policy, 'crash_consistent'>, job: string): boolean {
  return policy.crash_consistent.some((jobs) => namesJob(jobs, job))
}
