import postgres from 'postgres'
import { afterAll, describe, expect, it } from 'vitest'
import type { Job } from '../../core/domain/job.ts'
import { DEFAULT_OPTIONS } from '../../core/domain/verification.ts'
import { anEntry } from '../support/a-job.ts'
import { startActionRig } from '../support/action-rig.ts'
import { eventually } from '../support/eventually.ts'
import { anImageOf, jobIn } from '../support/job-in-state.ts'

const rig = await startActionRig()
const { act, begin, post, ask, net, store, bring } = rig
const sql = postgres(rig.bot.databaseUrl, { max: 1 })
afterAll(() => sql.end())

const synced = { endSync: { result: 'ok' } } as const
const FAULT = { code: 'AGENT_OFFLINE', detail: 'silent for 90 s', at: new Date(0), tries: 6 }

const stateOf = async ({ id }: Job) => (await store.jobs.byId(id))?.state
/** The request that the step makes. */
const requestOf = (job: Job): Promise<number> =>
  eventually('a request', async () => (await store.approvals.open(job.id))[0]?.number)
const completing = (job: Job) => ({ command: 'complete', job: job.name, confirm: 'true' })

describe('a step that waits for a sync', () => {
  it('follows it to its end and leaves a page: result, phases, timeline, next steps', async () => {
    const job = await jobIn(store, 'waiting')
    const step = begin({ command: 'sync', job: job.name })
    await step.says('comparing')
    await bring(job, 'waiting', synced)

    const { code, out, outputs, summary } = await step.ended()

    expect(code).toBe(0)
    const [sync] = await store.syncs.list(job.id)
    expect(outputs).toMatchObject({
      decision: 'done',
      'reason-code': 'ended',
      state: 'waiting',
      'sync-id': sync?.id,
    })
    expect(out).toMatch(/^::group::Following web-\w+$[\s\S]*^::endgroup::$/m)
    expect(out).toMatch(/compare\s+░+/)
    expect(summary).toContain(`### ✅ ${job.name} is Waiting.`)
    expect(summary).toContain('#### Sync #\u200b2 incremental')
    expect(summary).toContain('| whole sync |')
    expect(summary).toMatch(/```mermaid\ngantt\n[\s\S]* {2}section sync 2 incremental\n/)
    expect(summary).toContain(`/ferry sync ${job.name}`)
    expect(JSON.parse(outputs['result'] ?? '')).toMatchObject({
      ...{ version: 1, reply: { code: 'sync-started' }, last: { code: 'status' } },
    })
  })

  it('fails when the job fails, with cause and fix, by the code of the fault', async () => {
    const job = await jobIn(store, 'waiting')
    const step = begin({ command: 'sync', job: job.name })
    await step.says('Following')
    await bring(job, 'error', { set: { resume: 'syncing', fault: FAULT } })

    const { code, outputs, summary, annotations } = await step.ended()

    expect({ code, ...outputs }).toMatchObject({
      ...{ code: 1, decision: 'failed', 'reason-code': 'agent-offline', state: 'error' },
    })
    expect(annotations.join()).toMatch(
      /^::error title=Ferry: failed::[\s\S]*What happened: silent for 90 s[\s\S]*Probable cause: [\s\S]*What to do: /,
    )
    expect(summary).toContain('#### What went wrong')
    expect(summary).toContain(`/ferry retry ${job.name}`)
  })

  it('fails when somebody pauses or cancels the job meanwhile', async () => {
    const job = await jobIn(store, 'waiting')
    const step = begin({ command: 'sync', job: job.name })
    await step.says('Following')
    await ask('admin', `pause ${job.name}`)
    await bring(job, 'paused')

    expect((await step.ended()).outputs).toMatchObject({ decision: 'failed', 'reason-code': 'paused' })
  })

  it('does not wait for the next sync when its own has ended', async () => {
    const job = await jobIn(store, 'waiting')
    const step = begin({ command: 'sync', job: job.name })
    await step.says('Following')
    await bring(job, 'waiting', synced)
    await bring(job, 'syncing', {
      startSync: { kind: 'incremental', trigger: 'schedule', askedBy: 'schedule' },
    })

    expect((await step.ended()).outputs).toMatchObject({ decision: 'done', 'reason-code': 'ended' })
  })

  it('gives up at its timeout by a code of its own, and Ferry goes on', async () => {
    const job = await jobIn(store, 'waiting')
    const inputs = { command: 'sync', job: job.name, timeout: '2s' }

    const ended = await act(inputs)

    expect({ code: ended.code, ...ended.outputs }).toMatchObject({
      ...{ code: 1, decision: 'failed', 'reason-code': 'timed-out', state: 'syncing' },
    })
    expect(ended.annotations.join()).toContain(`\`status ${job.name}\` shows how far it is`)
    const after = await post(inputs, ended)
    expect(after.annotations.join()).toContain(`Ferry goes on with ${job.name}`)
    expect(await stateOf(job)).toBe('syncing')
  })

  it('goes on when the bot is started again meanwhile', async () => {
    const job = await jobIn(store, 'waiting')
    const step = begin({ command: 'sync', job: job.name })
    await step.says('Following')
    await rig.restart(700)
    await step.says('Asking again')
    await bring(job, 'waiting', synced)

    expect((await step.ended()).outputs).toMatchObject({ decision: 'done', state: 'waiting' })
  })

  it('goes on when answers are lost meanwhile', async () => {
    const job = await jobIn(store, 'waiting')
    const step = begin({ command: 'sync', job: job.name })
    await step.says('Following')
    const body = { outcome: 'refused', code: 'internal', title: 'A look has failed.' }
    net.next('/api/commands', 502, { status: 500, body }, 'lost', 503, 'reply lost')
    await step.says('A look has failed.')
    await step.says('The bot could not be reached')
    await bring(job, 'waiting', synced)

    expect((await step.ended()).code).toBe(0)
  })

  it('leaves its post step nothing to do', async () => {
    const job = await jobIn(store, 'waiting')
    const inputs = { command: 'status', job: job.name }

    const { out, annotations } = await post(inputs, await act(inputs))

    expect(out).toContain('nothing was left to do')
    expect(annotations).toEqual([])
  })
})

describe('a step that needs the approval of others', () => {
  it('waits for it, then for the end: one record, whichever door approves', async () => {
    const job = await jobIn(store, 'waiting')
    const step = begin(completing(job))
    const number = await requestOf(job)
    await step.says('0 of 1 have approved')
    expect(await ask('approver', `approve ${number}`)).toMatchObject({ code: 'completing' })
    await bring(job, 'completed', { set: { endedAt: new Date() } })

    const { code, out, outputs, summary } = await step.ended()

    expect({ code, ...outputs }).toMatchObject({ code: 0, decision: 'done', state: 'completed' })
    expect(out).toContain('::group::Waiting for the approval of others')
    expect(summary).toContain(`### ✅ ${job.name} is Completed.`)
    expect(summary).toMatch(/section request \d+\n {2}waits for approval : \d+, \d+/)
    expect(JSON.parse(outputs['result'] ?? '')).toMatchObject({ approval: number })
  })

  it('is denied when they do not agree, with their reason', async () => {
    const job = await jobIn(store, 'waiting')
    const step = begin(completing(job))
    await ask('approver', `deny ${await requestOf(job)} reason='backup still runs'`)

    const { code, outputs, annotations } = await step.ended()

    expect({ code, ...outputs }).toMatchObject({
      code: 1,
      decision: 'denied',
      'reason-code': 'approval-denied',
      state: 'waiting',
    })
    expect(annotations.join()).toContain('backup still runs')
    expect(await stateOf(job)).toBe('waiting')
  })

  it('is denied when its time is over, and when the job has changed since', async () => {
    const [late, changed] = [await jobIn(store, 'waiting'), await jobIn(store, 'waiting')]
    const steps = [begin(completing(late)), begin(completing(changed))]
    await sql`update approvals set expires_at = now() where number = ${await requestOf(late)}`
    await requestOf(changed)
    await ask('admin', `interval ${changed.name} 3h`)

    const ended = await Promise.all(steps.map((step) => step.ended()))

    expect(ended.map(({ outputs }) => outputs['reason-code'])).toEqual(['approval-expired', 'approval-void'])
    expect(ended.map(({ outputs }) => outputs['decision'])).toEqual(['denied', 'denied'])
  })

  it('cannot be approved by who has started it, whatever account they use', async () => {
    const job = await jobIn(store, 'waiting')
    rig.issuer.next({ claims: { actor: 'the-approver', actor_id: '5003' } })
    const step = begin(completing(job))
    const number = await requestOf(job)

    const own = await ask('approver', `approve ${number}`)
    await ask('admin', `deny ${number} reason=no`)

    expect(own).toMatchObject({
      code: 'may-not-decide',
      title: expect.stringContaining('asked for it yourself'),
    })
    expect((await step.ended()).outputs['reason-code']).toBe('approval-denied')
  })

  it('says at its timeout that the request stands, and what takes it back', async () => {
    const job = await jobIn(store, 'waiting')

    const { outputs, annotations } = await act({ ...completing(job), timeout: '1s' })

    const number = await requestOf(job)
    expect(outputs).toMatchObject({ decision: 'failed', 'reason-code': 'timed-out' })
    expect(annotations.join()).toContain(`\`withdraw ${number}\` takes it back`)
  })

  it('ends with the approval when it waits for no more', async () => {
    const job = await jobIn(store, 'waiting')
    const step = begin({ ...completing(job), wait: 'approval' })
    await ask('approver', `approve ${await requestOf(job)}`)

    expect((await step.ended()).outputs).toMatchObject({ decision: 'done', 'reason-code': 'approved' })
    expect(await stateOf(job)).toBe('completing')
  })

  it('ends with the last sync when it waits for that', async () => {
    const job = await jobIn(store, 'waiting')
    const args = { 'last-sync': 'true', 'services-stopped': 'true' }
    const step = begin({ ...completing(job), ...args, wait: 'sync' })
    await ask('approver', `approve ${await requestOf(job)}`)
    await step.says('Following')
    await bring(job, 'completing', synced)

    expect((await step.ended()).outputs).toMatchObject({ decision: 'done', state: 'completing' })
  })

  it('does not wait with `wait: none`; the request stands', async () => {
    const job = await jobIn(store, 'waiting')

    const { code, outputs } = await act({ ...completing(job), wait: 'none' })

    expect({ code, ...outputs }).toMatchObject({
      code: 0,
      decision: 'accepted',
      'reason-code': 'approval-needed',
    })
    expect(await store.approvals.open(job.id)).toHaveLength(1)
  })
})

describe('a run that is cancelled', () => {
  it('pauses its sync at a safe point, and its post step has nothing left to do', async () => {
    const job = await jobIn(store, 'waiting')
    const inputs = { command: 'sync', job: job.name }
    const step = begin(inputs)
    await step.says('Following')
    step.signal('SIGINT')

    const ended = await step.ended()

    expect({ code: ended.code, ...ended.outputs }).toMatchObject({
      ...{ code: 1, decision: 'failed', 'reason-code': 'run-cancelled', state: 'pausing' },
    })
    expect(await stateOf(job)).toBe('pausing')
    // What can be asked next is what is legal now.
    expect(ended.summary).not.toContain(`/ferry pause ${job.name}`)
    expect(ended.summary).toContain(`${job.name} is Pausing: it stops at the next safe point`)
    expect((await post(inputs, ended)).out).toContain('nothing was left to do')
  })

  it('leaves its sync alone when told so', async () => {
    const job = await jobIn(store, 'waiting')
    const step = begin({ command: 'sync', job: job.name, 'on-cancel': 'leave' })
    await step.says('Following')
    step.signal('SIGTERM')

    expect((await step.ended()).annotations.join()).toContain(`Ferry goes on with ${job.name}`)
    expect(await stateOf(job)).toBe('syncing')
  })

  it('pauses its sync in the post step when it was killed', async () => {
    const job = await jobIn(store, 'waiting')
    const inputs = { command: 'sync', job: job.name }
    const step = begin(inputs)
    await step.says('Following')
    step.signal('SIGKILL')

    const after = await post(inputs, await step.ended())

    expect(after.code).toBe(0)
    expect(after.annotations.join()).toContain(`${job.name} is Pausing`)
    expect(after.summary).toContain('**After the step:**')
    expect(await stateOf(job)).toBe('pausing')
  })

  it('pauses its sync in the post step when the bot was away', async () => {
    const job = await jobIn(store, 'waiting')
    const inputs = { command: 'sync', job: job.name }
    const step = begin(inputs)
    await step.says('Following')
    net.next('/api/commands', ...Array.from({ length: 40 }, () => 503))
    step.signal('SIGINT')
    await step.says('Asking again')
    step.signal('SIGTERM')
    const ended = await step.ended()
    net.next('/api/commands')

    expect(ended.summary).toContain('the post step does it')
    expect(await stateOf(job)).toBe('syncing')
    expect((await post(inputs, ended)).annotations.join()).toContain(`${job.name} is Pausing`)
    expect(await stateOf(job)).toBe('pausing')
  })

  it('says that it does not know what was begun when no answer had come', async () => {
    const job = await jobIn(store, 'waiting')
    const inputs = { command: 'sync', job: job.name }
    net.next('/api/commands', 'reply lost', ...Array.from({ length: 40 }, () => 503))
    const step = begin(inputs)
    await step.says('Asking again')
    step.signal('SIGINT')
    step.signal('SIGTERM')
    const ended = await step.ended()
    net.next('/api/commands')

    expect(ended.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'run-cancelled' })
    expect(ended.summary).toContain('Whether it was begun is not known')
    expect((await post(inputs, ended)).out).toContain('whether its command was begun is not known')
    expect(await stateOf(job)).toBe('syncing')
  })

  it('withdraws its request, so that nothing is approved that nobody waits for', async () => {
    const job = await jobIn(store, 'waiting')
    const step = begin(completing(job))
    const number = await requestOf(job)
    await step.says('have approved')
    step.signal('SIGINT')

    expect((await step.ended()).annotations.join()).toContain(`Request ${number} is withdrawn`)
    expect(await ask('approver', `approve ${number}`)).toMatchObject({ code: 'may-not-decide' })
    expect(await stateOf(job)).toBe('waiting')
  })

  it('says so when what it did cannot be paused', async () => {
    const job = await jobIn(store, 'waiting')
    const step = begin({ command: 'cancel', job: job.name, confirm: 'true' })
    await step.says('Following')
    step.signal('SIGINT')

    expect((await step.ended()).annotations.join()).toContain('pause is not possible while')
    expect(await stateOf(job)).toBe('cancelling')
  })
})

describe('a step that verifies', () => {
  const checks = [
    { name: 'bytes', ok: true, detail: 'every byte is as it was synced' },
    { name: 'boot', ok: false, detail: 'no | answer <b>' },
  ]

  it.each([
    ['Verified', null, 0, 'verified'],
    ['Not Verified', 'NOT_BOOTED', 1, 'not-booted'],
  ] as const)('ends with the verdict %s', async (verdict, cause, code, reason) => {
    const job = await jobIn(store, 'waiting')
    await anImageOf(store, job, `m-${job.name}`)
    const step = begin({ command: 'verify', job: job.name })
    await step.says('Following')
    const [running] = await store.verifications.list(job.id)
    const { id = '', epoch = 0 } = running ?? {}
    expect(running?.options).toEqual(DEFAULT_OPTIONS)
    await store.verifications.setChecks(id, epoch, checks)
    await store.verifications.end(id, epoch, verdict, cause, anEntry('verified'), {
      severity: 'info',
      title: 'x',
    })

    const ended = await step.ended()

    expect({ code: ended.code, reason: ended.outputs['reason-code'] }).toEqual({ code, reason })
    expect(ended.summary).toContain('#### Verification')
    expect(ended.summary).toContain('| boot | failed | no \\| answer &lt;b&gt; |')
  })
})
