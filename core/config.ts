/** The configuration: environment and policy file, read and checked once; all problems are told together. */
import type { GitHubConfig } from './config/github.ts'
import { githubConfig } from './config/github.ts'
import type { Environment } from './config/variables.ts'
import { secretsIn, valueOf } from './config/variables.ts'
import { readPolicyFile } from './config/policy-file.ts'
import type { SlackConfig } from './config/slack.ts'
import { slackConfig } from './config/slack.ts'
import { FAULTS } from './domain/faults.ts'
import type { Policy } from './domain/policy.ts'

interface CloudKeys {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken: string | undefined
  /** Undefined: the one of the policy's region. */
  readonly endpoint: string | undefined
  readonly protocol: 'https' | 'http'
}

export interface Config {
  readonly databaseUrl: string
  readonly policy: Policy
  readonly policyPath: string
  readonly host: string
  readonly port: number
  readonly publicUrl: string | undefined
  readonly bundles: string
  readonly logLevel: LogLevel
  readonly leaseMs: number
  readonly transfer: { readonly connections: number; readonly compression: 'auto' | 'on' | 'off' }
  readonly cloud: CloudKeys
  /** Undefined: Slack is off. */
  readonly slack: SlackConfig | undefined
  /** Undefined: there is no GitHub App. */
  readonly github: GitHubConfig | undefined
  /** Values that no log line may hold. */
  readonly secrets: readonly string[]
  readonly failpoints: boolean
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What is wrong with the configuration, a sentence each; no sentence holds a secret. */
export class ConfigProblems extends Error {
  override name = 'ConfigProblems'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n${problems.map((problem) => `- ${problem}`).join('\n')}\n${FAULTS.POLICY_INCOMPLETE.remedy}`,
    )
    this.problems = problems
  }
}

/** Reads it all. Throws `ConfigProblems` with every problem there is. */
export function readConfig(env: Environment): Config {
  const problems: string[] = []
  const get = (name: Parameters<typeof valueOf>[1]): string | undefined => valueOf(env, name)
  const need = (name: Parameters<typeof valueOf>[1], what: string): string => {
    const value = get(name)
    if (value === undefined) problems.push(`${name} is missing: ${what}.`)
    return value ?? ''
  }
  const number = (name: Parameters<typeof valueOf>[1], min: number, max: number): number => {
    const text = get(name) ?? ''
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max))
      problems.push(`${name} is "${text}": a whole number from ${min} to ${max}.`)
    return value
  }
  const choice = <const W extends string>(
    name: Parameters<typeof valueOf>[1],
    words: readonly W[],
  ): W | undefined => {
    const word = words.find((candidate) => candidate === get(name))
    if (word === undefined) problems.push(`${name} is "${get(name) ?? ''}": one of ${words.join(', ')}.`)
    return word
  }

  const databaseUrl = need('DATABASE_URL', 'postgres://user:password@host/database of the bot')
  if (databaseUrl !== '' && !isUrl(databaseUrl, ['postgres:', 'postgresql:']))
    problems.push('DATABASE_URL is not of the form postgres://user:password@host/database.')
  const publicUrl = get('FERRY_PUBLIC_URL')?.replace(/\/+$/, '')
  if (publicUrl !== undefined && !isUrl(publicUrl, ['http:', 'https:']))
    problems.push(`FERRY_PUBLIC_URL is "${publicUrl}": a URL such as https://ferry.example.com.`)
  if (publicUrl === undefined && ['0.0.0.0', '::'].includes(get('FERRY_HOST') ?? ''))
    problems.push(
      'FERRY_PUBLIC_URL is missing: nobody can reach the bot at the address that FERRY_HOST names.',
    )
  const apiUrl = get('SLACK_API_URL') ?? ''
  if (!isUrl(apiUrl, ['http:', 'https:'])) problems.push(`SLACK_API_URL is "${apiUrl}": a URL.`)
  const config = {
    databaseUrl,
    host: get('FERRY_HOST') ?? '',
    port: number('FERRY_PORT', 0, 65_535),
    publicUrl,
    bundles: get('FERRY_BUNDLES') ?? '',
    logLevel: choice('FERRY_LOG_LEVEL', LOG_LEVELS) ?? 'info',
    leaseMs: number('FERRY_LEASE_SECONDS', 2, 3600) * 1000,
    transfer: {
      connections: number('FERRY_CONNECTIONS', 1, 8),
      compression: choice('FERRY_COMPRESSION', ['auto', 'on', 'off']) ?? 'auto',
    },
    cloud: {
      accessKeyId: need('ALIBABA_CLOUD_ACCESS_KEY_ID', 'the access key of the cloud account'),
      accessKeySecret: need('ALIBABA_CLOUD_ACCESS_KEY_SECRET', 'the secret of the access key'),
      securityToken: get('ALIBABA_CLOUD_SECURITY_TOKEN'),
      endpoint: get('FERRY_ECS_ENDPOINT'),
      protocol: choice('FERRY_ECS_PROTOCOL', ['https', 'http']) ?? 'https',
    },
    slack: slackConfig(get, apiUrl, problems),
    github: githubConfig(get, problems),
    secrets: secretsIn(env),
    failpoints: get('FERRY_FAILPOINT') !== undefined,
  }
  const policyPath = get('FERRY_POLICY') ?? ''
  const read = readPolicyFile(policyPath)
  if ('problems' in read) problems.push(...read.problems)
  if (problems.length > 0 || 'problems' in read) throw new ConfigProblems(problems)
  return { ...config, policy: read.policy, policyPath }
}

function isUrl(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol)
}
