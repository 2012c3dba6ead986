import { describe, expect, it } from 'vitest'
import { slackConfig } from '../../core/config/slack.ts'

const read = (env: Readonly<Record<string, string>>) => {
  const problems: string[] = []
  const slack = slackConfig((name) => env[name], 'https://slack.com/api/', problems)
  return { slack, problems }
}
const KEY = 'ab'.repeat(32)

describe('the configuration of Slack', () => {
  it('is none without a secret', () => {
    expect(read({})).toEqual({ slack: undefined, problems: [] })
  })

  it('is HTTP with a signing secret, Socket Mode with an app-level token', () => {
    expect(read({ SLACK_SIGNING_SECRET: 's', SLACK_BOT_TOKEN: 'xoxb-1' }).slack).toMatchObject({
      transport: { kind: 'http' },
      access: { kind: 'token' },
    })
    expect(read({ SLACK_APP_TOKEN: 'xapp-1', SLACK_BOT_TOKEN: 'xoxb-1' }).slack).toMatchObject({
      transport: { kind: 'socket', appToken: 'xapp-1' },
    })
  })

  it('is several workspaces with a client id, its secret and a key', () => {
    const env = { SLACK_SIGNING_SECRET: 's', SLACK_CLIENT_ID: '1.2', SLACK_CLIENT_SECRET: 'c' }

    expect(read({ ...env, FERRY_SEAL_KEY: KEY }).slack).toMatchObject({
      access: { kind: 'oauth', clientId: '1.2', sealKey: Buffer.from(KEY, 'hex') },
    })
    expect(read(env).problems).toEqual([expect.stringContaining('FERRY_SEAL_KEY is missing') as string])
    expect(read({ ...env, FERRY_SEAL_KEY: 'short' }).problems[0]).toContain('not 64 hex digits')
  })

  it.each([
    [{ SLACK_SIGNING_SECRET: 's' }, 'SLACK_BOT_TOKEN is missing'],
    [{ SLACK_BOT_TOKEN: 'xoxb-1' }, 'SLACK_SIGNING_SECRET is missing'],
    [{ SLACK_APP_TOKEN: 'xoxb-1', SLACK_BOT_TOKEN: 'xoxb-1' }, 'begins with xapp-'],
    [
      { SLACK_SIGNING_SECRET: 's', SLACK_CLIENT_ID: '1', FERRY_SEAL_KEY: KEY },
      'SLACK_CLIENT_SECRET is missing',
    ],
    [
      {
        ...{ SLACK_SIGNING_SECRET: 's', SLACK_BOT_TOKEN: 'xoxb-1', FERRY_SEAL_KEY: KEY },
        ...{ SLACK_CLIENT_ID: '1', SLACK_CLIENT_SECRET: 'c' },
      },
      'set one of them',
    ],
    [
      {
        ...{ SLACK_SIGNING_SECRET: 's', SLACK_APP_TOKEN: 'xapp-1', FERRY_SEAL_KEY: KEY },
        ...{ SLACK_CLIENT_ID: '1', SLACK_CLIENT_SECRET: 'c' },
      },
      'Socket Mode',
    ],
  ])('%o is told what does not fit', (env, words) => {
    const { slack, problems } = read(env)

    expect(slack).toBeUndefined()
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(words)
  })
})
