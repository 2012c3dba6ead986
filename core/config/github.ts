import { createPrivateKey } from 'node:crypto'
import type { VariableName } from './variables.ts'

/** The GitHub App that the bot is. */
export interface GitHubConfig {
  readonly appId: number
  /** PEM. */
  readonly privateKey: string
  /** Those that sign webhooks: the present one, and the one before it while GitHub is told the new one. */
  readonly webhookSecrets: readonly string[]
  /** Without a slash at its end. */
  readonly apiUrl: string
}

const LEAST_SECRET = 32

/** The App of the environment; undefined when none is set up. Adds to `problems` what is missing or wrong. */
export function githubConfig(
  get: (name: VariableName) => string | undefined,
  problems: string[],
): GitHubConfig | undefined {
  const [id, key, secret, former] = [
    get('GITHUB_APP_ID'),
    get('GITHUB_PRIVATE_KEY'),
    get('GITHUB_WEBHOOK_SECRET'),
    get('GITHUB_WEBHOOK_SECRET_BEFORE'),
  ]
  if ((id ?? key ?? secret ?? former) === undefined) return undefined
  const before = problems.length
  for (const [name, value] of Object.entries({
    GITHUB_APP_ID: id,
    GITHUB_PRIVATE_KEY: key,
    GITHUB_WEBHOOK_SECRET: secret,
  }))
    if (value === undefined)
      problems.push(
        `${name} is missing: the GitHub App needs GITHUB_APP_ID, GITHUB_PRIVATE_KEY and GITHUB_WEBHOOK_SECRET.`,
      )
  if (id !== undefined && !/^[1-9][0-9]{0,14}$/.test(id))
    problems.push(`GITHUB_APP_ID is "${id}": the number on the page of the App, such as 123456.`)
  const privateKey = key === undefined ? undefined : pemOf(key)
  if (key !== undefined && privateKey === undefined)
    problems.push(
      'GITHUB_PRIVATE_KEY is no RSA key: it holds the text of the .pem file that GitHub made for the App; its line ends may be written as \\n.',
    )
  for (const [name, value] of Object.entries({
    GITHUB_WEBHOOK_SECRET: secret,
    GITHUB_WEBHOOK_SECRET_BEFORE: former,
  }))
    if (value !== undefined && Buffer.byteLength(value) < LEAST_SECRET)
      problems.push(
        `${name} has less than ${LEAST_SECRET} characters: \`openssl rand -hex 32\` makes a good one.`,
      )
  const apiUrl = (get('GITHUB_API_URL') ?? '').replace(/\/+$/, '')
  if (!URL.canParse(apiUrl) || !['http:', 'https:'].includes(new URL(apiUrl).protocol))
    problems.push(
      `GITHUB_API_URL is "${apiUrl}": a URL; of a GitHub Enterprise Server https://<host>/api/v3.`,
    )
  if (problems.length > before || privateKey === undefined || secret === undefined) return undefined
  return {
    appId: Number(id),
    privateKey,
    webhookSecrets: former === undefined ? [secret] : [secret, former],
    apiUrl,
  }
}

/** The key, when it is one: environments of containers hold one line, so `\n` may stand for the end of a line. */
function pemOf(text: string): string | undefined {
  const pem = text.replaceAll('\\n', '\n')
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa' ? pem : undefined
  } catch {
    return undefined
  }
}
