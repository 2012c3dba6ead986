import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderReply } from '../../../bot/slack/render/reply.ts'
import type { NextStep } from '../../../core/commands/reply.ts'
import { done } from '../../../core/commands/reply.ts'
import { eventually } from '../../support/eventually.ts'
import { jobIn } from '../../support/job-in-state.ts'
import { labelsOf, signed, wordsOf } from '../../support/slack-person.ts'
import type { SlackRig } from '../../support/slack-rig.ts'
import { startSlackRig } from '../../support/slack-rig.ts'

let rig: SlackRig
beforeAll(async () => {
  rig = await startSlackRig()
})
afterAll(async () => {
  expect(rig.workspace.problems).toEqual([])
  await rig.stop()
})

function adminOf({ bot, workspace }: SlackRig) {
  const admin = bot.app.slackPerson(workspace.userId('admin'))
  if (admin === undefined) throw new Error('there is no admin')
  return admin
}

const stateOf = async (job: string) => (await rig.store.jobs.named(job))?.state

describe('/ferry in Slack', () => {
  it('is acknowledged with nothing, and answers a read to the one who asked', async () => {
    const from = rig.workspace.calls.length
    const answer = await rig.person('operator').types('whoami')

    expect(answer).toMatchObject({ status: 200, text: '' })
    const { args } = await rig.next('respond', from)
    expect(args).toMatchObject({ response_type: 'ephemeral', text: 'You are operator, operator.' })
  })

  it('tells a stranger how to become known, and nothing else', async () => {
    const told = await rig.told(() => rig.person('stranger').types('list'))

    expect(told).toMatchObject({ text: expect.stringContaining('Ferry does not know you') as string })
    expect(wordsOf(told)).toContain(`slack: ${rig.workspace.userId('stranger')}`)
  })

  it('offers the nearest command for one that there is not', async () => {
    const told = await rig.told(() => rig.person('viewer').types('staus web-01'))

    expect(wordsOf(told)).toContain('Did you mean status?')
  })

  it('tells a change of state in the channel, with the detail in the thread', async () => {
    const job = await jobIn(rig.store, 'waiting')
    await rig.person('operator').types(`pause ${job.name}`)

    const message = await eventually('the change in the channel', async () =>
      (await rig.workspace.messages(rig.channel)).find(({ text }) => String(text).includes(job.name)),
    )
    expect(message['text']).toContain(`operator: ${job.name} is Paused.`)
    expect(labelsOf(message)).toContain('Resume')
    const [detail] = await eventually('the detail', async () => {
      const replies = await rig.workspace.replies(rig.channel, String(message['ts']))
      return replies.length > 0 && replies
    })
    expect(wordsOf(detail ?? {})).toContain('*State*: Paused')
    expect(await stateOf(job.name)).toBe('paused')
  })

  it('answers a question to the asker alone, though its command changes things elsewhere', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const before = (await rig.workspace.messages(rig.channel)).length
    const told = await rig.told(() => rig.person('operator').types(`verify ${job.name} --records`))

    expect(told).toMatchObject({ response_type: 'ephemeral' })
    expect(wordsOf(told)).toContain(`0 verifications of ${job.name}.`)
    expect((await rig.workspace.messages(rig.channel)).length).toBe(before)
  })

  it('tells a refusal to the asker alone, with what is possible instead as buttons', async () => {
    const job = await jobIn(rig.store, 'paused')
    const before = (await rig.workspace.messages(rig.channel)).length
    const told = await rig.told(() => rig.person('operator').types(`sync ${job.name}`))

    expect(told).toMatchObject({ response_type: 'ephemeral' })
    expect(wordsOf(told)).toContain('not possible while')
    expect(labelsOf(told)).toContain('Resume')
    expect((await rig.workspace.messages(rig.channel)).length).toBe(before)
  })

  it('shows a one-time code to nobody but the asker', async () => {
    const told = await rig.told(() => rig.person('operator').types('enrol web-77'))

    expect(told).toMatchObject({ response_type: 'ephemeral' })
    expect(wordsOf(told)).toContain('ferry-agent.mjs')
    expect(JSON.stringify(await rig.workspace.messages(rig.channel))).not.toContain('web-77')
  })

  it('takes a mention as the person it is in ferry.yaml, and refuses one of nobody', async () => {
    const known = rig.workspace.userId('viewer')
    const told = await rig.told(() => rig.person('viewer').types(`help <@${known}|viewer>`))
    expect(wordsOf(told)).toContain('no command viewer')

    const refused = await rig.told(() => rig.person('viewer').types('help <@U0NOBODY|x>'))
    expect(wordsOf(refused)).toContain('U0NOBODY is nobody in ferry.yaml')
    expect(wordsOf(await rig.told(() => rig.person('viewer').types('status <!channel>')))).toContain(
      'means nothing to Ferry',
    )
  })

  it('understands quotes and dashes as Slack bends them', async () => {
    expect(wordsOf(await rig.told(() => rig.person('viewer').types('help “interval”')))).toContain('interval')
    expect(wordsOf(await rig.told(() => rig.person('viewer').types('list —all')))).toContain('job')
  })

  it('makes no mention of what somebody typed', async () => {
    const told = await rig.told(() => rig.person('viewer').types('status &lt;!channel&gt;&lt;@U1&gt;'))

    expect(JSON.stringify(told)).not.toMatch(/<[!@]/)
  })

  it('answers a mention of Ferry in its thread', async () => {
    const from = rig.workspace.calls.length
    await rig.person('viewer').mentions('whoami')

    const { args } = await rig.next('chat.postEphemeral', from)
    expect(args).toMatchObject({ text: 'You are viewer, viewer.', thread_ts: expect.any(String) as string })
  })

  it('does nothing for a bot that mentions it, whoever the bot speaks for', async () => {
    const [job, other] = [await jobIn(rig.store, 'waiting'), await jobIn(rig.store, 'waiting')]
    const mention = (line: string, more: object) => {
      const event = {
        ...{ type: 'app_mention', user: rig.workspace.userId('operator'), channel: rig.channel, ts: '7.7' },
        ...{ text: `<@${rig.workspace.botUserId}> ${line}`, ...more },
      }
      const about = { type: 'event_callback', team_id: 'T000000001', event_id: randomUUID() }
      const body = { ...about, event_time: Math.floor(Date.now() / 1000), event }
      return fetch(`${rig.bot.url}/slack/events`, signed(JSON.stringify(body)))
    }
    expect((await mention(`pause ${job.name}`, { bot_id: 'B0OTHER' })).status).toBe(200)
    await mention(`pause ${other.name}`, {})

    // Of those that are carried out, the word of the later one comes later.
    await eventually('the other', async () =>
      rig.workspace.calls.some(({ args }) => JSON.stringify(args).includes(other.name)),
    )
    expect([await stateOf(job.name), await stateOf(other.name)]).toEqual(['waiting', 'paused'])
  })

  it('answers where it is no member, at the address of the request', async () => {
    const job = await jobIn(rig.store, 'waiting')
    rig.workspace.fail('chat.postMessage', 1, { error: 'not_in_channel' })
    const from = rig.workspace.calls.length
    await rig.person('operator').types(`pause ${job.name}`)

    const { args } = await rig.next('respond', from)
    expect(args).toMatchObject({ response_type: 'in_channel' })
    expect(wordsOf(args)).toContain('*State*: Paused')
  })

  it('answers a button of a thread in a channel that Ferry was removed from, too', async () => {
    const job = await jobIn(rig.store, 'waiting')
    rig.workspace.fail('chat.postMessage', 1, { error: 'channel_not_found' })
    const from = rig.workspace.calls.length
    const { blocks } = renderReply(done('status', 'x', { actions: [pauseOf(job.name)] }))
    await rig.person('operator').presses({ ts: '5.5', blocks: blocks('classic') }, 'Pause')

    expect((await rig.next('respond', from)).args).toMatchObject({ response_type: 'in_channel' })
    expect(await stateOf(job.name)).toBe('paused')
  })

  it('says so when a form came too late for Slack to open it', async () => {
    rig.workspace.fail('views.open', 1, { error: 'expired_trigger_id' })

    expect(wordsOf(await rig.told(() => rig.person('operator').types('create')))).toContain(
      'Nothing was done: ask once more.',
    )
  })
})

const pauseOf = (job: string): NextStep => ({ label: 'pause', command: `pause ${job}`, effect: 'change' })

describe('a command without its job', () => {
  it('offers the jobs in a menu, and runs for the one that is chosen', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const told = await rig.told(() => rig.person('operator').types('pause'))

    expect(wordsOf(told)).toContain('which job?')
    expect(wordsOf(told)).toContain(`${job.name} · Waiting`)
    await rig.person('operator').chooses(told, job.name)
    await eventually('the pause', async () => (await stateOf(job.name)) === 'paused')
  })

  it('finds what was typed into the menu, its beginning first', async () => {
    const job = await jobIn(rig.store, 'ready')

    expect(await rig.person('viewer').searches(job.name.slice(0, 8))).toContain(`${job.name} · Ready`)
    expect(await rig.person('viewer').searches('no such job')).toEqual([])
  })
})

describe('what cannot be taken back', () => {
  it('asks first, with a button that carries nothing but a reference, and happens once', async () => {
    const job = await jobIn(rig.store, 'paused')
    const asked = await rig.told(() => rig.person('operator').types(`clear ${job.name}`))

    expect(labelsOf(asked)).toEqual([`Yes, clear ${job.name}`, 'Leave it'])
    const carried = JSON.stringify(asked['blocks'])
    expect(carried).not.toContain(`"value":"clear`)
    expect(await stateOf(job.name)).toBe('paused')

    await Promise.all([
      rig.person('operator').presses(asked, 'Yes', { own: true }),
      rig.person('operator').presses(asked, 'Yes', { own: true }),
    ])
    await eventually('the clearing', async () => (await stateOf(job.name)) === 'clearing')
    const told = async () =>
      (await rig.workspace.messages(rig.channel)).filter(({ text }) => String(text).includes(job.name))
    await eventually('the word of it', async () => (await told()).length > 0)
    expect(await told()).toHaveLength(1)
  })

  it('can be confirmed once more when it was refused and what stood in the way is gone', async () => {
    const job = await jobIn(rig.store, 'paused')
    const asked = await rig.told(() => rig.person('operator').types(`clear ${job.name}`))
    await rig.bot.app.execute(
      { command: 'lock', raw: { job: job.name, reason: 'not now' } },
      { person: adminOf(rig), door: 'cli' },
    )
    const refused = await rig.told(() => rig.person('operator').presses(asked, 'Yes', { own: true }))
    expect(wordsOf(refused)).toContain('locked')
    expect(await stateOf(job.name)).toBe('paused')

    await rig.bot.app.execute(
      { command: 'unlock', raw: { job: job.name } },
      { person: adminOf(rig), door: 'cli' },
    )
    await rig.person('operator').presses(asked, 'Yes', { own: true })
    await eventually('the clearing', async () => (await stateOf(job.name)) === 'clearing')
  })

  it('is not confirmed by somebody else', async () => {
    const job = await jobIn(rig.store, 'paused')
    const asked = await rig.told(() => rig.person('operator').types(`clear ${job.name}`))
    const told = await rig.told(() => rig.person('admin').presses(asked, 'Yes', { own: true }))

    expect(wordsOf(told)).toContain('for the one who asked')
    expect(await stateOf(job.name)).toBe('paused')
  })

  it('is left when the other button is pressed', async () => {
    const job = await jobIn(rig.store, 'paused')
    const asked = await rig.told(() => rig.person('operator').types(`clear ${job.name}`))
    const told = await rig.told(() => rig.person('operator').presses(asked, 'Leave it', { own: true }))

    expect(told).toEqual({ delete_original: true })
    expect(await stateOf(job.name)).toBe('paused')
  })
})

describe('requests of Slack', () => {
  it('have one effect though they come again with another signature', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const body = new URLSearchParams({
      ...{ command: '/ferry', text: `pause ${job.name}`, user_id: rig.workspace.userId('operator') },
      ...{ team_id: 'T000000001', channel_id: rig.channel, trigger_id: randomUUID() },
      response_url: rig.workspace.responseUrl(rig.channel),
    }).toString()
    const send = (ahead: number) => fetch(`${rig.bot.url}/slack/events`, signed(body, ahead))

    expect((await send(0)).status).toBe(200)
    expect((await send(-10)).status).toBe(200)
    expect((await send(-20)).status).toBe(200)
    const told = async () =>
      (await rig.workspace.messages(rig.channel)).filter(({ text }) => String(text).includes(job.name))
    await eventually('the pause', async () => (await told()).length > 0)
    expect(await told()).toHaveLength(1)
  })
})
