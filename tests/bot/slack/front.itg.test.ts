import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signed } from '../../support/slack-person.ts'
import type { SlackRig } from '../../support/slack-rig.ts'
import { startSlackRig } from '../../support/slack-rig.ts'

let rig: SlackRig
beforeAll(async () => {
  rig = await startSlackRig()
})
afterAll(() => rig.stop())

let nth = 0
const command = (text: string): string =>
  new URLSearchParams({
    ...{ command: '/ferry', text, user_id: rig.workspace.userId('viewer') },
    ...{ team_id: 'T1', channel_id: 'C1', response_url: rig.workspace.responseUrl('C1') },
    // Every slash command carries one of its own; without it two of the same second would be the same request.
    trigger_id: `front-${(nth += 1)}`,
  }).toString()

async function send(init: RequestInit, path = '/slack/events') {
  const begun = performance.now()
  const response = await fetch(`${rig.bot.url}${path}`, init)
  return { status: response.status, text: await response.text(), ms: performance.now() - begun }
}

describe('a request to the Slack door', () => {
  it('is refused with a signature of another secret, with none, and with a changed body', async () => {
    const good = signed(command('list'))

    expect((await send(signed(command('list'), 0, 'another secret'))).status).toBe(401)
    expect((await send({ ...good, body: command('audit') })).status).toBe(401)
    expect((await send({ method: 'POST', body: command('list') })).status).toBe(401)
  })

  it.each([-301, 301])('is refused when its time is %i s away', async (away) => {
    expect(await send(signed(command('list'), away))).toMatchObject({
      status: 401,
      text: expect.stringContaining('300 s') as string,
    })
  })

  it.each([-290, 290])('is taken when its time is %i s away', async (away) => {
    expect((await send(signed(command('whoami'), away))).status).toBe(200)
  })

  it('is refused when it comes a second time', async () => {
    const request = signed(command('whoami'))

    expect((await send(request)).status).toBe(200)
    expect(await send(request)).toMatchObject({
      status: 401,
      text: expect.stringContaining('before') as string,
    })
  })

  const form = (payload: unknown) => new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
  const user = { user: { id: 'U0NOBODY' }, team: { id: 'T000000001' } }
  it.each([
    ['no JSON', 'payload=%7B', 400],
    ['a mention by nobody', '{"type":"event_callback","event":{"type":"app_mention"}}', 200],
    ['an event of tomorrow', '{"type":"event_callback","event":{"type":"made_tomorrow"}}', 200],
    ['a command without its person', 'command=%2Fferry&text=list', 200],
    ['a press nowhere', form({ ...user, type: 'block_actions', actions: [{ action_id: 'run:1' }] }), 200],
    [
      'a form without its state',
      form({ ...user, type: 'view_submission', view: { callback_id: 'form' } }),
      500,
    ],
  ])('that Slack has signed and that makes no sense does no harm: %s', async (_, body, status) => {
    expect((await send(signed(body))).status).toBe(status)
    expect((await send(signed(command('whoami')))).status).toBe(200)
  })

  it('finds nothing under another path', async () => {
    expect(await send({ method: 'GET' })).toMatchObject({ status: 404 })
    expect(await send(signed('{}'), '/slack/install')).toMatchObject({ status: 404 })
  })

  it('that only asks whether Ferry is there is answered', async () => {
    const body = JSON.stringify({ type: 'url_verification', challenge: 'is-it-you' })

    expect(await send(signed(body))).toMatchObject({
      status: 200,
      text: expect.stringContaining('is-it-you') as string,
    })
  })

  it('is answered well within 3 s while the database is slow, and carried out when it is not', async () => {
    const sql = postgres(rig.bot.databaseUrl, { max: 1 })
    const from = rig.workspace.calls.length
    await sql.begin(async (held) => {
      // Whoever asks whether a request was seen before waits for this lock.
      await held`lock table seen_requests in access exclusive mode`
      const answer = await send(signed(command('whoami')))

      expect(answer).toMatchObject({ status: 200, text: '' })
      expect(answer.ms).toBeLessThan(1500)
    })
    await sql.end()
    expect((await rig.next('respond', from)).args).toMatchObject({ text: 'You are viewer, viewer.' })
  })
})
