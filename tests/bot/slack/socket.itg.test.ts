import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestBot } from '../../support/bot.ts'
import { PEOPLE, startTestBot } from '../../support/bot.ts'
import { eventually } from '../../support/eventually.ts'
import type { SlackWorkspace } from '../../support/slack-workspace.ts'
import { openSlackWorkspace } from '../../support/slack-workspace.ts'
import type { WebSocketServer } from '../../support/websocket-server.ts'
import { startWebSocketServer } from '../../support/websocket-server.ts'

let slack: WebSocketServer
let workspace: SlackWorkspace
let bot: TestBot
beforeAll(async () => {
  slack = await startWebSocketServer(JSON.stringify({ type: 'hello', num_connections: 1 }))
  workspace = await openSlackWorkspace({
    users: ['viewer', 'operator', 'approver', 'admin'],
    channels: ['migrations'],
    others: (method) => (method === 'apps.connections.open' ? { ok: true, url: slack.url } : undefined),
  })
  bot = await startTestBot({
    people: Object.fromEntries(PEOPLE.map((name) => [name, { slack: workspace.userId(name) }])),
    env: {
      SLACK_SIGNING_SECRET: undefined,
      SLACK_APP_TOKEN: 'xapp-1-in-tests',
      SLACK_BOT_TOKEN: workspace.token,
      SLACK_API_URL: workspace.apiUrl,
    },
  })
})
afterAll(async () => {
  await bot.stop()
  await workspace.close()
  await slack.close()
})

const envelope = (id: string, text: string, trigger = id): string =>
  JSON.stringify({
    ...{ type: 'slash_commands', envelope_id: id, accepts_response_payload: true },
    payload: {
      ...{ command: '/ferry', text, user_id: workspace.userId('viewer'), team_id: 'T000000001' },
      ...{ channel_id: workspace.channelId('migrations'), trigger_id: trigger, token: 't' },
      response_url: workspace.responseUrl('C1'),
    },
  })
const told = () => workspace.calls.filter(({ method }) => method === 'respond')

describe('Socket Mode', () => {
  it('is used when an app-level token is set: a command is acknowledged and answered', async () => {
    await eventually('the socket', async () => slack.connections() > 0)
    slack.say(envelope('E1', 'whoami'))

    await eventually('the acknowledgement', async () => slack.heard.some((text) => text.includes('E1')))
    await eventually('the answer', async () => told().length === 1)
    expect(told()[0]?.args).toMatchObject({ text: 'You are viewer, viewer.' })
  })

  it('answers once what Slack sends again', async () => {
    slack.say(envelope('E2', 'whoami', 'one trigger'))
    slack.say(envelope('E3', 'whoami', 'one trigger'))

    await eventually('both acknowledgements', async () => slack.heard.some((text) => text.includes('E3')))
    await eventually('the answer', async () => told().length === 2)
    slack.say(envelope('E4', 'list'))
    await eventually('the next answer', async () => told().length === 3)
    expect(told()[2]?.args['text']).toContain('There are no jobs yet')
  })

  it('comes back by itself when the socket is cut and Slack is away', async () => {
    const before = slack.connections()
    // Slack is away for a moment, as when it restarts.
    workspace.fail('apps.connections.open', 2, { status: 503 })
    slack.cut()

    await eventually('another socket', async () => slack.connections() > before)
    slack.say(envelope('E5', 'whoami'))
    await eventually('the answer', async () => told().length === 4)
  })

  it('leaves no door open to the outside', async () => {
    const response = await fetch(`${bot.url}/slack/events`, { method: 'POST', body: '{}' })

    expect(response.status).toBe(404)
  })
})
