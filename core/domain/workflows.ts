/**
 * Which runs of GitHub Actions may use Ferry without a stored secret: the section `workflows` of the policy file. Its
 * keys are named as GitHub names the claims of a run's token; `admission.ts` matches the two.
 */
import { z } from 'zod'
import { JOB_PATTERN } from './job-pattern.ts'

/** Who signs the tokens of github.com. */
export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com'
/** Plain http stays on this machine: for tests. */
const ISSUER = /^(https:\/\/[\w.-]+(:[0-9]+)?|http:\/\/127\.0\.0\.1:[0-9]+)(\/[\w.~-]+)*$/

export const Issuer = z
  .string()
  .regex(
    ISSUER,
    'an issuer is an https URL without a slash at its end, such as https://ghes.example.com/_services/token',
  )

const NUMBER = 'it is the number of an account or repository, such as 123456789'

/** What GitHub numbers an account or repository with; names change hands, numbers do not. */
export const GitHubNumber = z
  .union([z.int().positive(NUMBER), z.string().regex(/^[1-9][0-9]{0,18}$/, NUMBER)], NUMBER)
  .transform(String)
const text = z.string().min(1, 'it is empty').max(500, 'it is longer than 500 characters')
const oneOrMore = z.union(
  [text.transform((one) => [one]), z.array(text).min(1).max(50)],
  'it is a text or a list of texts',
)

/** What starts a workflow on purpose, with the code of a ref that the rule names. */
const EVENTS = ['workflow_dispatch', 'schedule', 'push', 'release']

export const WorkflowRule = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,39}$/, 'the name of a rule is 2 to 40 of a-z, 0-9, dash, a letter first')
    .describe('How replies and the audit name it: a run without a known person acts as `workflow:<name>`'),
  issuer: Issuer.default(GITHUB_ISSUER).describe(
    'Who signs the tokens: GitHub; of a GitHub Enterprise Server `https://<host>/_services/token`',
  ),
  repository_id: GitHubNumber.describe('The repository’s number: `gh api repos/<owner>/<name> --jq .id`'),
  repository_owner_id: GitHubNumber.describe('Its owner’s number: `gh api users/<owner> --jq .id`'),
  ref: oneOrMore.describe('The branches or tags: `refs/heads/main`; `*` stands for any part'),
  environment: oneOrMore
    .optional()
    .describe('The job must run in one of these environments, whose own rules then hold too'),
  job_workflow_ref: oneOrMore
    .optional()
    .describe(
      'The file that holds the job: `acme/infra/.github/workflows/cutover.yml@refs/heads/main`; `*` as above',
    ),
  event_name: oneOrMore
    .default(EVENTS)
    .describe('What may have started the run; events that strangers can cause must be named here'),
  runner_environment: z
    .enum(['github-hosted', 'self-hosted'], 'it is github-hosted or self-hosted')
    .optional()
    .describe('Where the job must run'),
  role: z
    .enum(['viewer', 'operator'], 'a workflow is viewer or operator: approvals are given by people')
    .describe('What such a run may do; who has started it may do no more than their own role'),
  jobs: z
    .array(z.string().regex(JOB_PATTERN, 'a pattern is a job’s name in which * stands for any part'))
    .min(1, 'name at least one job, or "*"')
    .describe('The jobs it may name: names in which `*` stands for any part'),
})
export type WorkflowRule = z.infer<typeof WorkflowRule>

export const Workflows = z.strictObject({
  audience: text
    .optional()
    .describe('The audience that tokens must be made for. Default: the URL of the bot, `FERRY_PUBLIC_URL`'),
  rules: z
    .array(WorkflowRule)
    .max(200)
    .default([])
    .describe('The first rule whose every key holds for a run counts'),
})
export type Workflows = z.infer<typeof Workflows>
