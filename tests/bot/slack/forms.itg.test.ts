import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aSource } from '../../support/a-job.ts'
import { eventually } from '../../support/eventually.ts'
import { anImageOf, jobIn } from '../../support/job-in-state.ts'
import type { Shown } from '../../support/slack-person.ts'
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

/** The form that opens on what is done in `work`, once it is filled. */
async function formAfter(work: () => Promise<unknown>): Promise<Shown> {
  const from = rig.workspace.calls.length
  await work()
  await rig.next('views.open', from)
  const { args } = await rig.next('views.update', from)
  return { ...(args['view'] as object), id: args['view_id'] }
}

describe('the form of create', () => {
  it('opens with the enrolled sources and the defaults of the policy file, and makes the job', async () => {
    const { source } = await aSource(rig.store)
    const form = await formAfter(() => rig.person('operator').types('create'))
    const fields = JSON.stringify(form.blocks)
    expect(fields).toContain(`"value":"${source.name}"`)
    expect(fields).toContain('"initial_value":"6h"')

    const answer = await rig.person('operator').sends(form, {
      ...{ job: source.name, source: source.name, every: '2h', keep: '4', auto: 'on', target: 'image' },
    })
    expect(answer.text).toBe('')
    const job = await eventually('the job', () => rig.store.jobs.named(source.name))
    expect(job).toMatchObject({ intervalMs: 2 * 3_600_000, keep: 4, createdBy: 'operator' })
    await eventually('the word of it', async () =>
      JSON.stringify(await rig.workspace.messages(rig.channel)).includes(source.name),
    )
  })

  it('says beside each field what is wrong with it, in the words of the command', async () => {
    const form = await formAfter(() => rig.person('operator').types('create'))
    const { text } = await rig.person('operator').sends(form, { job: 'X', every: '30m', limit: 'fast' })

    expect(JSON.parse(text)).toEqual({
      response_action: 'errors',
      errors: {
        job: expect.stringContaining('"X" is not a name') as string,
        every: '30m is outside 1h to 7d; 6h would do.',
        limit: expect.stringContaining('"fast" is not a bandwidth') as string,
      },
    })
  })

  it('tells a refusal of Ferry to the one who sent it', async () => {
    const job = await jobIn(rig.store, 'ready')
    const form = await formAfter(() => rig.person('operator').types('create'))
    const from = rig.workspace.calls.length
    await rig.person('operator').sends(form, { job: job.name, source: job.name })

    const { args } = await rig.next('chat.postEphemeral', from)
    expect(wordsOf(args)).toContain(`${job.name} has the job ${job.name} already`)
  })
})

describe('the form of interval', () => {
  it('shows what is in force, and changes it from the next sync on', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const form = await formAfter(() => rig.person('operator').types(`interval ${job.name}`))
    expect(wordsOf(form)).toContain('*Interval*: every 6h')

    await rig.person('operator').sends(form, { every: '3h' })
    const after = await eventually('the change', async () => {
      const found = await rig.store.jobs.named(job.name)
      return found?.pendingIntervalMs !== null && found
    })
    expect(after.pendingIntervalMs).toBe(3 * 3_600_000)
  })

  it('tells whoever sent it directly what has changed, where Ferry is not in the channel', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const form = await formAfter(() => rig.person('operator').types(`interval ${job.name}`))
    rig.workspace.fail('chat.postMessage', 1, { error: 'channel_not_found' })
    const from = rig.workspace.calls.length
    await rig.person('operator').sends(form, { every: '3h' })

    const { args } = await rig.next('chat.postMessage', from, ({ answer }) => answer === 'ok')
    expect(args['channel']).toBe(rig.workspace.userId('operator'))
    expect(String(args['text'])).toContain(job.name)
  })
})

describe('the form of verify', () => {
  it('offers the images, the newest first', async () => {
    const job = await jobIn(rig.store, 'waiting')
    await anImageOf(rig.store, job, 'm-bp1aaaa')
    const told = await rig.told(() => rig.person('operator').types(`status ${job.name}`))
    expect(wordsOf(told)).toContain('Waiting')
    const form = await formAfter(() =>
      rig.person('operator').presses(
        {
          blocks: [
            {
              type: 'actions',
              elements: [
                {
                  ...{ type: 'button', action_id: 'form:0', value: `verify ${job.name}` },
                  text: { type: 'plain_text', text: 'Verify…' },
                },
              ],
            },
          ],
        },
        'Verify',
      ),
    )
    expect(JSON.stringify(form.blocks)).toContain('#1 not verified yet')

    await rig.person('operator').sends(form, { image: '1', check: 'systemctl is-active nginx', public: true })
    const [verification] = await eventually('the verification', async () => {
      const all = await rig.store.verifications.list(job.id)
      return all.length > 0 && all
    })
    expect(verification).toMatchObject({
      askedBy: 'operator',
      options: { check: 'systemctl is-active nginx', publicNetwork: true },
    })
  })
})

describe('the form of complete', () => {
  it('shows the forecast, then the consequence and the evidence, and asks for approval', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const status = await rig.told(() => rig.person('operator').types(`status ${job.name}`))
    const form = await formAfter(() => rig.person('operator').presses(status, 'Complete', { own: true }))
    expect(wordsOf(form)).toContain('*Cutover now*')

    const from = rig.workspace.calls.length
    const { text } = await rig
      .person('operator')
      .sends(form, { 'last-sync': true, 'services-stopped': true, 'override-window': false })
    expect(JSON.parse(text)).toMatchObject({ response_action: 'update' })
    const { args } = await rig.next('views.update', from)
    const asked = { ...(args['view'] as object), id: args['view_id'] } as Shown
    expect(wordsOf(asked)).toContain(`${job.name} runs one last sync, then nothing syncs any more`)
    expect(wordsOf(asked)).toContain('*Last sync*')
    expect(await rig.store.approvals.open(job.id)).toEqual([])

    await rig.person('operator').sends(asked, {})
    const [request] = await eventually('the request', async () => {
      const open = await rig.store.approvals.open(job.id)
      return open.length > 0 && open
    })
    expect(request).toMatchObject({
      command: 'complete',
      args: { 'last-sync': 'true', 'services-stopped': 'true' },
      requestedBy: 'operator',
    })
  })

  it('shows what stands in the way instead, and nothing happens', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const status = await rig.told(() => rig.person('operator').types(`status ${job.name}`))
    const form = await formAfter(() => rig.person('operator').presses(status, 'Complete', { own: true }))
    const from = rig.workspace.calls.length
    await rig.person('operator').sends(form, { 'last-sync': true, 'services-stopped': false })

    const { args } = await rig.next('views.update', from)
    expect(wordsOf(args['view'] as Shown)).toContain('stop its services')
    expect(args['view']).not.toHaveProperty('submit')
  })
})
