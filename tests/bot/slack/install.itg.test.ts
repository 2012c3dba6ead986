import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { signed } from '../../support/slack-person.ts'
import type { SlackRig } from '../../support/slack-rig.ts'
import { startSlackRig } from '../../support/slack-rig.ts'

let rig: SlackRig
let team: string
/** What stands in for Slack's own pages: the token of each code. */
const installed = {
  ...{
    ok: true,
    access_token: 'xoxb-of-acme',
    token_type: 'bot',
    scope: 'chat:write,commands',
    app_id: 'A1',
  },
  ...{ bot_user_id: 'UBOT', enterprise: null, is_enterprise_install: false, authed_user: { id: 'U1' } },
}
beforeAll(async () => {
  rig = await startSlackRig({
    env: {
      SLACK_BOT_TOKEN: undefined,
      SLACK_CLIENT_ID: '1.2',
      SLACK_CLIENT_SECRET: 'the-client-secret',
      FERRY_SEAL_KEY: randomBytes(32).toString('hex'),
    },
    others: (method) =>
      method === 'oauth.v2.access'
        ? { ...installed, team: { id: team, name: 'Acme' } }
        : method === 'auth.test'
          ? { ok: true, bot_id: 'B1', team_id: team, user_id: 'UBOT', url: 'https://acme.slack.com/' }
          : undefined,
  })
  team = 'T0ACME'
})
afterAll(() => rig.stop())

/** Goes through the pages as a browser does, and returns what the last one says. */
async function install(state?: string): Promise<{ status: number; text: string }> {
  const first = await fetch(`${rig.bot.url}/slack/install`, { redirect: 'manual' })
  const asked = new URL(first.headers.get('location') ?? '')
  const cookie = (first.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const back = new URL(asked.searchParams.get('redirect_uri') ?? '')
  const query = new URLSearchParams({ code: 'a-code', state: state ?? asked.searchParams.get('state') ?? '' })
  const last = await fetch(`${rig.bot.url}${back.pathname}?${query.toString()}`, { headers: { cookie } })
  return { status: last.status, text: await last.text() }
}

const whoami = (teamId: string): string =>
  new URLSearchParams({
    ...{ command: '/ferry', text: 'whoami', user_id: rig.workspace.userId('viewer'), team_id: teamId },
    ...{ channel_id: 'C1', trigger_id: randomBytes(8).toString('hex') },
    response_url: rig.workspace.responseUrl('C1'),
  }).toString()
const event = (what: object): string =>
  JSON.stringify({
    ...{ type: 'event_callback', team_id: team, event_id: randomBytes(8).toString('hex'), token: 't' },
    event: what,
  })
const send = (body: string) => fetch(`${rig.bot.url}/slack/events`, signed(body))

describe('an installation by OAuth', () => {
  it('goes to Slack with the scopes of the manifest, and comes back to a sealed token', async () => {
    expect((await install()).status).toBe(200)

    const sealed = await rig.store.workspaces.installation(team)
    expect(sealed).toMatch(/^v1:/)
    const sql = postgres(rig.bot.databaseUrl, { max: 1 })
    expect(JSON.stringify(await sql`select * from workspaces`)).not.toContain('xoxb-of-acme')
    await sql.end()
  })

  it('is refused when the state is not the one that went out', async () => {
    const before = await rig.store.workspaces.installation(team)

    expect((await install('another state')).status).not.toBe(200)
    expect(await rig.store.workspaces.installation(team)).toBe(before)
  })

  it('lets commands of that workspace be answered, and none of one that has not installed Ferry', async () => {
    const from = rig.workspace.calls.length
    expect((await send(whoami('T0OTHER'))).status).toBe(200)
    expect((await send(whoami(team))).status).toBe(200)

    await rig.next('respond', from)
    expect(rig.workspace.calls.slice(from).filter(({ method }) => method === 'respond')).toHaveLength(1)
  })

  it.each([
    ['app_uninstalled', { type: 'app_uninstalled' }],
    ['tokens_revoked', { type: 'tokens_revoked', tokens: { bot: ['UBOT'] } }],
  ])('ends with %s: the token is forgotten', async (_name, what) => {
    await install()
    expect(await rig.store.workspaces.installation(team)).toBeDefined()
    expect((await send(event(what))).status).toBe(200)

    await eventually(
      'the token to be forgotten',
      async () => (await rig.store.workspaces.installation(team)) === undefined,
    )
  })

  it('stands when only the token of a person was revoked', async () => {
    await install()
    await send(event({ type: 'tokens_revoked', tokens: { oauth: ['U1'] } }))
    await send(event({ type: 'app_home_opened', user: 'U1', tab: 'messages' }))

    expect(await rig.store.workspaces.installation(team)).toBeDefined()
  })
})
