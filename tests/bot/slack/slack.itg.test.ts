import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestBot } from '../../support/bot.ts'
import { SLACK_SECRET, startTestBot } from '../../support/bot.ts'

let bot: TestBot
beforeAll(async () => {
  bot = await startTestBot()
})
afterAll(() => bot.stop())

let nth = 0
const command = (text: string, user = 'U-viewer'): string =>
  new URLSearchParams({
    command: '/ferry',
    text,
    user_id: user,
    team_id: 'T1',
    channel_id: 'C1',
    // Every slash command carries one of its own; without it two of the same second would be the same request.
    trigger_id: String(++nth),
    response_url: 'https://hooks.slack.com/never-used-here',
  }).toString()

function signed(body: string, aheadSeconds = 0, secret = SLACK_SECRET): RequestInit {
  const time = String(Math.floor(Date.now() / 1000) + aheadSeconds)
  const signature = createHmac('sha256', secret).update(`v0:${time}:${body}`).digest('hex')
  return {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': time,
      'x-slack-signature': `v0=${signature}`,
    },
  }
}

async function send(init: RequestInit): Promise<{ status: number; text: string }> {
  const response = await fetch(`${bot.url}/slack/events`, init)
  return { status: response.status, text: await response.text() }
}

describe('/ferry in Slack', () => {
  it('answers a read command to the one who asked', async () => {
    const { status, text } = await send(signed(command('whoami', 'U-operator')))

    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({
      response_type: 'ephemeral',
      text: 'You are operator, operator.',
      blocks: expect.any(Array),
    })
  })

  it('refuses a signature of another secret, one that is missing, and a body that was changed', async () => {
    const good = signed(command('list'))

    expect((await send(signed(command('list'), 0, 'another secret'))).status).toBe(401)
    expect((await send({ ...good, body: command('audit') })).status).toBe(401)
    expect((await send({ method: 'POST', body: command('list') })).status).toBe(401)
  })

  it.each([-301, 301])('refuses a request whose time is %i s away', async (away) => {
    expect(await send(signed(command('list'), away))).toMatchObject({
      status: 401,
      text: expect.stringContaining('300 s'),
    })
  })

  it.each([-290, 290])('takes one that is %i s away', async (away) => {
    expect((await send(signed(command('list'), away))).status).toBe(200)
  })

  it('refuses the same request a second time', async () => {
    const request = signed(command('list'))

    expect((await send(request)).status).toBe(200)
    expect(await send(request)).toMatchObject({ status: 401, text: expect.stringContaining('before') })
  })

  it('tells a stranger how to become known, and nothing else', async () => {
    const { text } = await send(signed(command('list', 'U-stranger')))

    expect(text).toContain('Ferry does not know you')
    expect(text).toContain('slack: U-stranger')
  })

  it('says that it can only read so far when it is asked to change something', async () => {
    expect((await send(signed(command('enrol web-01', 'U-admin')))).text).toContain(
      'Slack can only ask so far',
    )
    expect((await send(signed(command('sources', 'U-admin')))).text).not.toContain('web-01')
  })

  it('makes no mention of what somebody typed', async () => {
    const { text } = await send(signed(command('status <!channel>&lt;@U1&gt;')))

    expect(text).not.toMatch(/<[!@]/)
  })

  it('understands quotes as Slack bends them', async () => {
    expect((await send(signed(command('help “interval”')))).text).toContain('interval:')
  })
})
