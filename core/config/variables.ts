/** Every environment variable that Ferry reads, once; docs/configuration.md is made of this table. */

export interface Variable {
  readonly meaning: string
  readonly default?: string
  /** Never shown; its value is taken out of every log line. */
  readonly secret?: true
}

export const VARIABLES = {
  DATABASE_URL: {
    meaning:
      'PostgreSQL of the bot, `postgres://user:password@host/database`. Without it and without a cloud key `npm start` runs all of it on this machine.',
    secret: true,
  },
  FERRY_POLICY: {
    meaning: 'The policy file: who may do what, and where things are made',
    default: 'ferry.yaml',
  },
  FERRY_STATE_DIR: {
    meaning: 'Where local mode keeps its database, its sandbox and its tokens',
    default: '.ferry',
  },
  FERRY_HOST: { meaning: 'The address the bot listens on', default: '127.0.0.1' },
  FERRY_PORT: { meaning: 'The port the bot listens on; 0 takes a free one', default: '8080' },
  FERRY_PUBLIC_URL: {
    meaning: 'Base URL of the bot as sources and intermediates reach it. Default: its own host and port',
  },
  FERRY_BUNDLES: { meaning: 'The folder of the built agent and receiver', default: 'dist/agent' },
  FERRY_LOG_LEVEL: { meaning: 'trace, debug, info, warn, error or silent', default: 'info' },
  FERRY_LEASE_SECONDS: {
    meaning: 'How long a replica holds a piece of work without renewing it before another takes it over',
    default: '30',
  },
  FERRY_CONNECTIONS: { meaning: 'Connections per sync from a source to its receiver, 1 to 8', default: '2' },
  FERRY_COMPRESSION: { meaning: 'Compression of the blocks on the way: auto, on or off', default: 'auto' },
  ALIBABA_CLOUD_ACCESS_KEY_ID: { meaning: 'Access key of the cloud account' },
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: { meaning: 'Its secret', secret: true },
  ALIBABA_CLOUD_SECURITY_TOKEN: { meaning: 'The STS token, when the key is a temporary one', secret: true },
  FERRY_ECS_ENDPOINT: {
    meaning: 'Host (and port) of the ECS API. Default: the one of the region in the policy file',
  },
  FERRY_ECS_PROTOCOL: { meaning: 'https, or http for a sandbox on loopback', default: 'https' },
  SLACK_SIGNING_SECRET: {
    meaning: 'Turns Slack on over HTTP: the signing secret of the Slack app. docs/slack.md leads through it',
    secret: true,
  },
  SLACK_APP_TOKEN: {
    meaning: 'Turns Slack on in Socket Mode, which needs no way in from outside: `xapp-…`',
    secret: true,
  },
  SLACK_BOT_TOKEN: { meaning: 'The bot token of the Slack app in one workspace, `xoxb-…`', secret: true },
  SLACK_CLIENT_ID: { meaning: 'Instead of SLACK_BOT_TOKEN, for several workspaces: they install by OAuth' },
  SLACK_CLIENT_SECRET: { meaning: 'Its secret', secret: true },
  SLACK_WORKSPACES: {
    meaning:
      'With SLACK_CLIENT_ID: the ids of the workspaces that may install and use Ferry, with commas between them. Default: every one that agrees',
  },
  FERRY_SEAL_KEY: {
    meaning: '64 hex digits: the key with which the tokens of workspaces are sealed in PostgreSQL',
    secret: true,
  },
  SLACK_API_URL: { meaning: 'Base URL of the Slack API', default: 'https://slack.com/api/' },
  GITHUB_APP_ID: {
    meaning: 'Turns the GitHub App on: its number. docs/github-app.md leads to a working App',
  },
  GITHUB_PRIVATE_KEY: {
    meaning: 'The private key of the App: the text of its .pem file; line ends may be written as `\\n`',
    secret: true,
  },
  GITHUB_WEBHOOK_SECRET: {
    meaning: 'The secret with which GitHub signs the webhooks of the App',
    secret: true,
  },
  GITHUB_WEBHOOK_SECRET_BEFORE: {
    meaning: 'The secret before it, which counts too while GitHub is told the new one',
    secret: true,
  },
  GITHUB_API_URL: {
    meaning: 'Base URL of the GitHub API; of a GitHub Enterprise Server `https://<host>/api/v3`',
    default: 'https://api.github.com',
  },
  FERRY_SERVER_URL: { meaning: 'CLI: the bot to talk to. Default: the one of the state directory' },
  FERRY_TOKEN: { meaning: 'CLI: your token. Default: the token file of the state directory', secret: true },
  FERRY_FAILPOINT: { meaning: 'For tests: where to kill the process (`bot:jobs.change:after`)' },
} as const satisfies Record<string, Variable>

export type VariableName = keyof typeof VARIABLES
export type Environment = Readonly<Record<string, string | undefined>>

/** The value of a variable or its default; an empty one counts as not given. */
export function valueOf(env: Environment, name: VariableName): string | undefined {
  const given = env[name]?.trim()
  if (given !== undefined && given !== '') return given
  const variable: Variable = VARIABLES[name]
  return variable.default
}

/** The values that must never be seen: what logs are scrubbed of. */
export function secretsIn(env: Environment): readonly string[] {
  return (Object.keys(VARIABLES) as VariableName[])
    .filter((name) => (VARIABLES[name] as Variable).secret)
    .map((name) => env[name]?.trim() ?? '')
    .filter((value) => value.length >= 8)
}
