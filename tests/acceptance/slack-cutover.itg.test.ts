/** A whole migration as an operator sees it in Slack: commands are typed, buttons pressed, forms sent, and nothing else. */
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { SLACK_SECRET } from '../support/bot.ts'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import { differingDisks, newestImage } from '../support/looks.ts'
import { killAgent, startAgent } from '../support/source-agent.ts'
import { MIB, sourceDisks } from '../support/source-disks.ts'
import type { Shown } from '../support/slack-person.ts'
import { labelsOf, slackPerson, wordsOf } from '../support/slack-person.ts'
import { openSlackWorkspace } from '../support/slack-workspace.ts'

const workspace = await openSlackWorkspace({
  users: ['olga', 'paula', 'ada'],
  channels: ['migrations'],
})
let agent: ChildProcess | undefined
afterAll(async () => {
  if (agent !== undefined) await killAgent(agent)
  await workspace.close()
})
const slackOf = (name: string) => ({ slack: workspace.userId(name) })
const ferry = await startFerry({
  people: { olga: slackOf('olga'), paula: slackOf('paula'), ada: slackOf('ada') },
  policy: { notices: [{ channel: '#migrations', severity: 'warning', live: 'on' }] },
  env: {
    ...{ SLACK_SIGNING_SECRET: SLACK_SECRET, SLACK_BOT_TOKEN: workspace.token },
    SLACK_API_URL: workspace.apiUrl,
  },
})
const channel = workspace.channelId('migrations')
const at = (user: string) => slackPerson({ url: ferry.url, workspace, user, channel: 'migrations' })
const [olga, paula] = [at('olga'), at('paula')]
const home = mkdtempSync(join(tmpdir(), 'ferry-slack-'))
const disks = sourceDisks(join(home, 'disks'), [4 * MIB, MIB])

/** What was told to the asker alone on what is done in `work`. */
async function told(work: () => Promise<unknown>): Promise<Shown> {
  const from = workspace.calls.length
  await work()
  const answer = await eventually('an answer', async () =>
    workspace.calls.slice(from).find(({ method, answer: how }) => method === 'respond' && how === 'ok'),
  )
  return answer.args
}
/** The form that opens, or shows something else, on what is done in `work`. */
async function form(work: () => Promise<unknown>): Promise<Shown> {
  const from = workspace.calls.length
  await work()
  const { args } = await eventually('a form', async () =>
    workspace.calls.slice(from).find(({ method }) => method === 'views.update'),
  )
  return { ...(args['view'] as object), id: args['view_id'] }
}
/** The message in the channel (or a thread of it) that says so. */
async function seen(words: string | RegExp, ts?: string): Promise<Shown> {
  return eventually(
    `"${String(words)}" to be seen`,
    async () => {
      const all = ts === undefined ? await workspace.messages(channel) : await workspace.replies(channel, ts)
      return all.findLast(
        (message) => `${String(message['text'])}\n${wordsOf(message)}`.match(words) !== null,
      )
    },
    40_000,
  )
}

describe('a migration in Slack', () => {
  it('lets the source in by a code that only the asker sees', async () => {
    const answer = await told(() => olga.types('enrol web-01'))
    const code = /--code (\w+)/.exec(wordsOf(answer))?.[1] ?? ''
    agent = startAgent([
      ...['--server', ferry.url, '--code', code, '--home', join(home, 'agent')],
      ...disks.flatMap(({ path }) => ['--disk', path]),
    ])

    await eventually('the agent', async () => (await ferry.store.sources.named('web-01'))?.agent)
    expect(JSON.stringify(await workspace.messages(channel))).not.toContain(code)
  })

  it('makes the job by a form, and runs its full sync by a button', async () => {
    const create = await form(() => olga.types('create'))
    await olga.sends(create, { job: 'web-01', source: 'web-01', every: '6h', keep: '3', auto: 'on' })
    const ready = await seen(/olga: web-01 is Ready/)
    await olga.presses(ready, 'Start')

    const ended = await seen(/Sync #1 of web-01 has ended/)
    expect(wordsOf(ended)).toContain('*Next sync*')
    expect(labelsOf(ended)).toEqual(expect.arrayContaining(['Sync', 'Complete…', 'Pause']))
  })

  it('syncs what has changed by a button of the former sync’s message', async () => {
    disks[0]?.write(MIB, MIB, 'while it serves')
    await olga.presses(await seen(/Sync #1 of web-01 has ended/), 'Sync')

    expect(wordsOf(await seen(/Sync #2 of web-01 has ended/))).toContain('1 MiB of 5 MiB changed')
  })

  it('opens a room for its cutover, whose lead is handed over and accepted', async () => {
    await olga.types('cutover start web-01 verify=off')
    const room = await seen(/^Cutover 1 of web-01: 7 steps of 7 left/)
    expect(JSON.stringify(room.blocks)).toContain('"type":"plan"')
    await olga.types(`handover <@${workspace.userId('paula')}|paula>`)
    await eventually('the offer in the room', async () =>
      labelsOf(await seen(/^Cutover 1 of/)).includes('Accept'),
    )
    await paula.presses(await seen(/^Cutover 1 of/), 'Accept')

    await eventually('the new lead', async () => wordsOf(await seen(/^Cutover 1 of/)).includes('lead paula'))
    expect(await seen(/^paula \(handover accept\): Cutover 1 of web-01/, String(room['ts']))).toBeDefined()
  })

  it('runs the last sync once the services are said to be stopped and a second person has approved', async () => {
    disks[0]?.write(2 * MIB, MIB, 'the last writes')
    const room = await seen(/^Cutover 1 of/)
    const thread = String(room['ts'])
    const sure = await told(() => olga.presses(room, 'Services-stopped'))
    expect(wordsOf(sure)).toContain('The services of web-01 are stopped')
    await olga.presses(sure, 'Yes', { own: true })

    const card = await seen(/Request 1: olga asks to complete web-01/, thread)
    expect(wordsOf(await told(() => olga.presses(card, 'Approve')))).toMatch(/You cannot decide|is operator/)
    await paula.presses(card, 'Approve')

    const over = await seen(/Request 1: .*approved by paula, and begun/, thread)
    expect(wordsOf(over)).toContain('*Approved by*: paula')
    expect(labelsOf(over)).toEqual([])
    const end = await seen(/web-01 is Completed: image \S+ is Available/, thread)
    expect(wordsOf(end)).toContain('*Switch addresses*')
    expect(await differingDisks(ferry, (await newestImage(ferry, 'web-01')).id, disks)).toEqual([])
  })

  it('ticks what only people know, signs off, and ends with the report as a file in the room', async () => {
    const press = async (label: string): Promise<void> => {
      const room = await eventually(`the button ${label}`, async () => {
        const now = await seen(/^Cutover 1 of/)
        return labelsOf(now).some((each) => each.startsWith(label)) && now
      })
      await paula.presses(room, label)
    }
    for (const label of ['Verify', 'Addresses', 'Services-up', 'Sign-off']) await press(label)
    await eventually('the sign-off', async () => labelsOf(await seen(/^Cutover 1 of/)).includes('End'))
    await paula.types('cutover end')

    const room = await seen(/^Cutover 1 of web-01 has ended: done/)
    expect(room['ts']).toBeDefined()
    const file = await eventually('the report', async () =>
      workspace.calls.find(({ method }) => method === 'files.completeUploadExternal'),
    )
    expect(file.args).toMatchObject({ channel_id: channel, thread_ts: room['ts'] })
  })

  it('leaves an audit that says who did what from where, and holds', async () => {
    const answer = await told(() => olga.types('audit verify'))
    expect(wordsOf(answer)).toMatch(/hold|whole|verif/i)

    const rows = await ferry.store.audit.list({ limit: 100 })
    const done = rows
      .filter(({ actor }) => actor.door === 'slack')
      .map(({ actor, action }) => `${actor.person} ${action}`)
    expect(done).toEqual(
      expect.arrayContaining([
        'olga create',
        'olga start',
        'olga sync',
        'olga cutover start',
        'paula approve',
      ]),
    )
  })

  it('has shown nothing that Slack would have refused', () => {
    expect(workspace.problems).toEqual([])
  })
})
