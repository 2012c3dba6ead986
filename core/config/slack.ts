import type { VariableName } from './variables.ts'

/** How Slack reaches the bot, and as whom the bot speaks. */
export interface SlackConfig {
  readonly transport:
    | { readonly kind: 'http'; readonly signingSecret: string }
    | { readonly kind: 'socket'; readonly appToken: string }
  readonly access:
    | { readonly kind: 'token'; readonly botToken: string }
    | {
        /** Several workspaces, each installed by OAuth; their tokens are sealed with the key. */
        readonly kind: 'oauth'
        readonly clientId: string
        readonly clientSecret: string
        readonly sealKey: Buffer
        /** Only these may install and use Ferry; left out: every one. */
        readonly only?: readonly string[]
      }
  readonly apiUrl: string
}

type Get = (name: VariableName) => string | undefined

/** Which secrets are set says how Slack is used; undefined when none is. Adds to `problems` what does not fit. */
export function slackConfig(get: Get, apiUrl: string, problems: string[]): SlackConfig | undefined {
  const [signingSecret, appToken, botToken] = [
    get('SLACK_SIGNING_SECRET'),
    get('SLACK_APP_TOKEN'),
    get('SLACK_BOT_TOKEN'),
  ]
  const isOAuth = (get('SLACK_CLIENT_ID') ?? get('SLACK_CLIENT_SECRET')) !== undefined
  if ((signingSecret ?? appToken ?? botToken) === undefined && !isOAuth) return undefined
  const before = problems.length
  const transport = transportOf(signingSecret, appToken, problems)
  const access = isOAuth ? oauthOf(get, problems) : tokenOf(botToken, problems)
  if (isOAuth && botToken !== undefined)
    problems.push('SLACK_BOT_TOKEN is for one workspace, SLACK_CLIENT_ID for several: set one of them.')
  if (isOAuth && appToken !== undefined)
    problems.push('SLACK_APP_TOKEN (Socket Mode) is for one workspace: leave it out with SLACK_CLIENT_ID.')
  if (problems.length > before || transport === undefined || access === undefined) return undefined
  return { transport, access, apiUrl }
}

/** Socket Mode wherever its token is set: then nothing needs to reach the bot from outside. */
function transportOf(
  signingSecret: string | undefined,
  appToken: string | undefined,
  problems: string[],
): SlackConfig['transport'] | undefined {
  if (appToken !== undefined) {
    if (appToken.startsWith('xapp-')) return { kind: 'socket', appToken }
    problems.push('SLACK_APP_TOKEN is not an app-level token: it begins with xapp-.')
    return undefined
  }
  if (signingSecret !== undefined) return { kind: 'http', signingSecret }
  problems.push(
    'SLACK_SIGNING_SECRET is missing: Slack needs it, or SLACK_APP_TOKEN for Socket Mode, beside SLACK_BOT_TOKEN.',
  )
  return undefined
}

function tokenOf(botToken: string | undefined, problems: string[]): SlackConfig['access'] | undefined {
  if (botToken !== undefined) return { kind: 'token', botToken }
  problems.push(
    'SLACK_BOT_TOKEN is missing: Slack needs it, or SLACK_CLIENT_ID and SLACK_CLIENT_SECRET for several workspaces.',
  )
  return undefined
}

function oauthOf(get: Get, problems: string[]): SlackConfig['access'] | undefined {
  const [clientId, clientSecret, key] = [
    get('SLACK_CLIENT_ID'),
    get('SLACK_CLIENT_SECRET'),
    get('FERRY_SEAL_KEY'),
  ]
  for (const [name, value] of Object.entries({
    SLACK_CLIENT_ID: clientId,
    SLACK_CLIENT_SECRET: clientSecret,
  }))
    if (value === undefined) problems.push(`${name} is missing: an installation by OAuth needs both.`)
  const sealKey = /^[0-9a-fA-F]{64}$/.test(key ?? '') ? Buffer.from(key ?? '', 'hex') : undefined
  if (sealKey === undefined)
    problems.push(
      `FERRY_SEAL_KEY is ${key === undefined ? 'missing' : 'not 64 hex digits'}: the tokens of workspaces are sealed with it; \`openssl rand -hex 32\` makes one.`,
    )
  if (clientId === undefined || clientSecret === undefined || sealKey === undefined) return undefined
  const only = get('SLACK_WORKSPACES')
    ?.split(',')
    .map((id) => id.trim())
  for (const id of only ?? [])
    if (!/^[TE][A-Z0-9]{2,}$/.test(id))
      problems.push(`SLACK_WORKSPACES has "${id}", which is no id of a workspace such as T01ABCDEF.`)
  return { kind: 'oauth', clientId, clientSecret, sealKey, ...(only === undefined ? {} : { only }) }
}
