import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Job } from '../../../core/domain/job.ts'
import { anEntry } from '../../support/a-job.ts'
import { eventually } from '../../support/eventually.ts'
import { jobIn } from '../../support/job-in-state.ts'
import { wordsOf } from '../../support/slack-person.ts'
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

/** One more sync of a job that is Waiting, as the engine writes it down. */
async function sync(job: Job): Promise<Job> {
  const begun = await rig.store.jobs.change(job, {
    set: { state: 'syncing' },
    startSync: { kind: 'incremental', trigger: 'manual', askedBy: 'ada' },
    audit: anEntry('sync'),
  })
  const ended =
    begun &&
    (await rig.store.jobs.change(begun, {
      set: { state: 'waiting', nextSyncAt: null },
      endSync: { result: 'ok' },
      audit: anEntry('sync.finished'),
    }))
  if (ended === undefined) throw new Error('the job did not sync')
  return ended
}

const aboutJob = async (name: string) =>
  (await rig.workspace.messages(rig.channel)).filter(({ text }) => String(text).includes(name))

describe('while Slack is in trouble', () => {
  it('a message waits as long as Slack asks, and is told once', async () => {
    const job = await jobIn(rig.store, 'waiting')
    rig.workspace.fail('chat.postMessage', 2, { status: 429, retryAfter: 1 })
    const from = rig.workspace.calls.length
    await rig.person('operator').types(`pause ${job.name}`)

    await eventually('the message', async () => (await aboutJob(job.name)).length > 0)
    const tries = rig.workspace.calls.slice(from).filter(({ method }) => method === 'chat.postMessage')
    const waited = tries.slice(1).map(({ at }, nth) => at - (tries[nth]?.at ?? 0))
    for (const ms of waited.slice(0, 2)) expect(ms).toBeGreaterThanOrEqual(990)
    expect(await aboutJob(job.name)).toHaveLength(1)
  })

  it('a message is tried again after errors of Slack’s own', async () => {
    const job = await jobIn(rig.store, 'waiting')
    rig.workspace.fail('chat.postMessage', 2, { status: 500 })
    await rig.person('operator').types(`pause ${job.name}`)

    await eventually('the message', async () => (await aboutJob(job.name)).length > 0)
    expect(await aboutJob(job.name)).toHaveLength(1)
  })

  it('a message whose answer was lost is found again instead of being told twice', async () => {
    const job = await jobIn(rig.store, 'waiting')
    rig.workspace.fail('chat.postMessage', 1, { lost: true })
    await rig.person('operator').types(`pause ${job.name}`)

    const [message] = await eventually('the detail in its thread', async () => {
      const told = await aboutJob(job.name)
      return Number(told[0]?.['reply_count'] ?? 0) > 0 && told
    })
    expect(message).toBeDefined()
    expect(await aboutJob(job.name)).toHaveLength(1)
  })

  it('a flood of commands is acknowledged at once, and each is answered', async () => {
    const from = rig.workspace.calls.length
    const answers = await Promise.all(Array.from({ length: 50 }, () => rig.person('viewer').types('whoami')))

    for (const answer of answers) expect(answer).toMatchObject({ status: 200, text: '' })
    await eventually(
      'all answers',
      async () => rig.workspace.calls.slice(from).filter(({ method }) => method === 'respond').length === 50,
    )
  })
})

describe('a message that Slack finds too long', () => {
  it('is told with less, and says nothing about what the workspace takes', async () => {
    rig.workspace.fail('respond', 2, { error: 'msg_blocks_too_long' })
    const from = rig.workspace.calls.length
    await rig.person('viewer').types('help')
    await rig.next('respond', from, ({ answer }) => answer === 'ok')

    const answers = rig.workspace.calls.slice(from).map(({ answer }) => answer)
    expect(answers).toEqual(['msg_blocks_too_long', 'msg_blocks_too_long', 'ok'])
    expect(await rig.store.workspaces.isPlain('the-only')).toBe(false)
  })
})

describe('a workspace that takes tables and plans, but no charts', () => {
  it('gets bars of text instead of charts, keeps its tables, and is not asked again', async () => {
    const job = await jobIn(rig.store, 'waiting')
    await sync(await sync(job))
    rig.workspace.refuseBlocks('charts')
    const from = rig.workspace.calls.length
    await rig.person('viewer').types(`history ${job.name}`)
    const taken = await rig.next('respond', from, ({ answer }) => answer === 'ok')
    expect(wordsOf(taken.args)).toMatch(/Bytes of the last syncs, [KMGT]iB\n/)
    expect(JSON.stringify(taken.args['blocks'])).toContain('data_table')

    await eventually('it to be remembered', async () => rig.store.workspaces.isPlain('the-only:charts'))
    const again = rig.workspace.calls.length
    await rig.person('viewer').types(`history ${job.name}`)
    await rig.next('respond', again)
    expect(rig.workspace.calls.slice(from).map(({ answer }) => answer)).toEqual([
      'invalid_blocks',
      'ok',
      'ok',
    ])
    expect(await rig.store.workspaces.isPlain('the-only')).toBe(false)
  })
})

describe('a workspace that does not take the newer blocks', () => {
  it('gets classic ones instead, and is not asked to take them again', async () => {
    rig.workspace.refuseBlocks('newer')
    const from = rig.workspace.calls.length
    await rig.person('viewer').types('help')
    const taken = await rig.next('respond', from, ({ answer }) => answer === 'ok')
    expect(wordsOf(taken.args)).toContain('```\ncommand')
    expect(rig.workspace.calls.slice(from).map(({ answer }) => answer)).toEqual(['invalid_blocks', 'ok'])

    await eventually('it to be remembered', async () => rig.store.workspaces.isPlain('the-only'))
    const again = rig.workspace.calls.length
    await rig.person('viewer').types('help')
    await rig.next('respond', again)
    expect(rig.workspace.calls.slice(again).map(({ answer }) => answer)).toEqual(['ok'])
  })

  it('gets all of it as text when it takes no blocks at all', async () => {
    rig.workspace.refuseBlocks('all')
    const told = rig.workspace.calls.length
    await rig.person('viewer').types('help interval')
    const { args } = await rig.next('respond', told, ({ answer }) => answer === 'ok')

    expect(args).not.toHaveProperty('blocks')
    expect(args['text']).toContain('*Usage*: `/ferry interval &lt;job&gt;')
  })
})
