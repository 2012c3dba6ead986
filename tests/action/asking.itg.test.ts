import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { OWN_INPUTS } from '../../action/inputs.ts'
import { plainLine } from '../../action/log.ts'
import { renderSummary } from '../../action/summary.ts'
import { catalogue } from '../../core/commands/catalogue.ts'
import { startActionRig } from '../support/action-rig.ts'
import { jobIn } from '../support/job-in-state.ts'
import { isOrder, markupIn } from '../support/orders.ts'
import { ROOT } from '../support/run.ts'

const rig = await startActionRig()
const { act, net, store, bring } = rig
const COMMANDS = '/api/commands'

const syncsOf = async (jobId: string) => (await store.syncs.list(jobId)).length

describe('a step of the Action', () => {
  it('takes the arguments from its inputs, or from a line', async () => {
    for (const inputs of [{ command: 'status', job: 'web-99' }, { command: 'status web-99' }])
      expect((await act(inputs)).outputs['reason-code']).toBe('no-such-job')
  })

  it('gives state, image and sync of the job', async () => {
    const job = await jobIn(store, 'waiting')

    const { outputs } = await act({ command: 'status', job: job.name })

    const [sync] = await store.syncs.list(job.id)
    expect(outputs).toMatchObject({ decision: 'done', state: 'waiting', 'image-id': '', 'sync-id': sync?.id })
  })

  it('fails when it is refused, and gives its outputs, its page and an annotation all the same', async () => {
    const job = await jobIn(store, 'ready')

    const { code, outputs, summary, annotations } = await act({ command: 'sync', job: job.name })

    expect(code).toBe(1)
    expect(outputs).toMatchObject({ decision: 'refused', 'reason-code': 'not-legal-now' })
    expect(annotations).toEqual([
      expect.stringMatching(/^::error title=Ferry: refused::sync is not possible/),
    ])
    expect(summary).toContain('⛔')
    expect(summary).toContain(`/ferry start ${job.name}`)
  })

  it.each([
    ['command', { command: '' }, 'command is missing'],
    ['server-url', { command: 'list', 'server-url': 'http://ferry.example.com' }, 'not https'],
    ['wait', { command: 'list', wait: 'a bit' }, 'wait is not one of'],
    ['timeout', { command: 'list', timeout: '10' }, 'is not a duration'],
  ])('says what is wrong with the input %s', async (_name, inputs, words) => {
    const { code, outputs, annotations } = await act(inputs)

    expect({ code, reason: outputs['reason-code'] }).toEqual({ code: 1, reason: 'bad-input' })
    expect(annotations.join()).toContain(words)
  })

  it('changes nothing on a dry run, and says whether it is possible', async () => {
    const job = await jobIn(store, 'waiting')

    const possible = await act({ command: 'sync', job: job.name, 'dry-run': 'true' })
    // Nothing is to be confirmed where nothing happens.
    const approved = await act({ command: 'complete', job: job.name, 'dry-run': 'true' })
    const not = await act({ command: 'start', job: job.name, 'dry-run': 'true' })

    expect(possible.outputs).toMatchObject({
      decision: 'done',
      'reason-code': 'would-be-done',
      state: 'waiting',
    })
    expect(approved.outputs['reason-code']).toBe('would-ask-approval')
    expect(not).toMatchObject({ code: 1, outputs: { 'reason-code': 'not-legal-now' } })
    expect(await store.jobs.byId(job.id)).toEqual(job)
    expect(await store.approvals.open(job.id)).toEqual([])
  })

  it('does nothing that cannot be taken back without `confirm`', async () => {
    const job = await jobIn(store, 'waiting')

    const { outputs, annotations } = await act({ command: 'complete', job: job.name })

    expect(outputs).toMatchObject({ decision: 'refused', 'reason-code': 'confirm' })
    expect(annotations.join()).toContain('In a workflow: `confirm: true`.')
  })

  it('returns at once with `wait: none`, and says what to look at', async () => {
    const job = await jobIn(store, 'waiting')

    const { code, outputs, summary } = await act({ command: 'sync', job: job.name, wait: 'none' })

    expect(code).toBe(0)
    expect(outputs).toMatchObject({ decision: 'accepted', 'reason-code': 'sync-started', state: 'syncing' })
    expect(summary).toContain(`\`watch ${job.name}\` follows it`)
  })

  it('shows no one-time code anywhere', async () => {
    const { code, outputs, summary, out } = await act({ command: 'enrol', source: 'web-31' })

    const [, secret = 'none'] = /^::add-mask::([a-z2-9]{26})$/m.exec(out) ?? []
    expect(code).toBe(0)
    expect(summary).toContain('\\*\\*\\*')
    expect(outputs['result'] + summary + out.replace(`::add-mask::${secret}`, '')).not.toContain(secret)
  })
})

describe('what a step asks', () => {
  const sync = (job: string) => ({ command: 'sync', job, wait: 'none' })

  it.each([
    ['the answer is lost', ['reply lost'] as const],
    ['the answer is lost again and again', ['reply lost', 'reply lost', 'reply lost'] as const],
    ['it is lost on its way', ['lost', 'lost'] as const],
    ['a balancer answers', [502, 503, 504] as const],
    ['it is answered too many', [429] as const],
  ])('is carried out once when %s', async (_what, mishaps) => {
    const job = await jobIn(store, 'waiting')
    net.next(COMMANDS, ...mishaps)

    const { code, outputs } = await act(sync(job.name))

    expect({ code, ...outputs }).toMatchObject({
      code: 0,
      decision: 'accepted',
      'reason-code': 'sync-started',
    })
    expect(await syncsOf(job.id)).toBe(2)
  })

  it('is carried out once when the same step is run again in one attempt', async () => {
    const job = await jobIn(store, 'waiting')
    const run = { id: '7001', attempt: '1' }

    const first = await act(sync(job.name), run)
    await bring(job, 'waiting', { endSync: { result: 'ok' } })
    const again = await act(sync(job.name), run)

    expect(again.outputs['reason-code']).toBe('sync-started')
    expect(again.outputs['sync-id']).toBe(first.outputs['sync-id'])
    expect(await syncsOf(job.id)).toBe(2)
  })

  it('is asked anew by a run that is started again, and by another step', async () => {
    const job = await jobIn(store, 'waiting')
    await act(sync(job.name), { id: '7002', attempt: '1' })

    rig.issuer.say({ run_id: '7002', run_attempt: '2' })
    const again = await act(sync(job.name), { id: '7002', attempt: '2' })
    rig.issuer.say({})
    const other = await act(sync(job.name), { id: '7002', attempt: '1', step: '__acme_ferry_2' })

    expect(again.outputs['reason-code']).toBe('already-running')
    expect(other.outputs['reason-code']).toBe('already-running')
  })

  it('is one thing for each leg of a matrix', async () => {
    const jobs = [await jobIn(store, 'waiting'), await jobIn(store, 'waiting')]

    const legs = await Promise.all(jobs.map(({ name }) => act(sync(name), { id: '7003' })))

    expect(legs.map(({ outputs }) => outputs['reason-code'])).toEqual(['sync-started', 'sync-started'])
  })

  it('is in the audit with run, account and key', async () => {
    const job = await jobIn(store, 'waiting')

    await act(sync(job.name))

    const [entry] = await store.audit.list({ jobId: job.id, limit: 1 })
    expect(entry).toMatchObject({
      actor: { person: 'operator', door: 'action' },
      action: 'sync',
      facts: { run: '9000/1', repository: 'acme/infra (1001)', account: 'olga-gh (5001)' },
    })
    expect(entry?.facts?.['key']).toMatch(/^run http.* 9000\/1 \d+\/1\/cutover\/__acme_ferry\/[0-9a-f]{32}$/)
  })

  it('fails in words when no bot answers, and when something else does', async () => {
    const silent = await act({ command: 'list', 'server-url': 'http://127.0.0.1:9', patience: '1s' })
    net.next('/api/workflow-sessions', 'a page')
    const page = await act({ command: 'list' })

    expect(silent.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'bot-unreachable' })
    expect(silent.annotations.join()).toContain('No bot answers at http://127.0.0.1:9.')
    expect(silent.annotations.join()).toContain('/healthz')
    expect(page.outputs['reason-code']).toBe('not-a-bot')
  })

  it('does not follow where a redirect would carry its token', async () => {
    net.next('/api/workflow-sessions', ...Array.from({ length: 20 }, () => 'a redirect' as const))

    expect((await act({ command: 'whoami', patience: '1s' })).outputs['reason-code']).toBe('bot-unreachable')
    net.next('/api/workflow-sessions')
  })
})

describe('what stands in an input', () => {
  const { inputs } = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as { inputs: object }
  const evil = [
    'zzz";echo${IFS}hello;#$(id)`id`',
    '::set-output name=decision::done',
    '##[set-env name=PATH]x%0A::set-env name=PATH::x',
    '</td></table><script>alert(1)</script>',
    '[x](javascript:alert) ![x](https://evil.example/p.png) @acme/ops',
    '```mermaid',
  ].join('\n')

  it.each([...Object.keys(OWN_INPUTS), 'all arguments'])(
    'is nowhere an order to the runner, markup, or more than a value: %s',
    async (name) => {
      const job = await jobIn(store, 'waiting')
      const names =
        name === 'all arguments' ? Object.keys(inputs).filter((each) => !(each in OWN_INPUTS)) : [name]
      const attack = Object.fromEntries(names.map((each) => [each, evil]))

      const { code, out, outputs, summary } = await act({
        command: 'sync',
        patience: '1s',
        job: job.name,
        ...attack,
      })

      expect({ code, decision: outputs['decision'] }).toEqual({
        ...{ code: 1, decision: expect.stringMatching(/refused|failed/) },
      })
      expect(out.split('\n').filter(isOrder)).toEqual([])
      expect(markupIn(summary)).toBeUndefined()
      expect(await store.jobs.byId(job.id)).toEqual(job)
    },
  )

  it('that is wrong leaves the post step nothing to say', async () => {
    const inputs = { command: 'sync', wait: 'wrong' }
    const ended = await act(inputs)
    const after = await rig.post(inputs, ended)

    expect(ended.annotations).toHaveLength(1)
    expect({ code: after.code, annotations: after.annotations, summary: after.summary }).toEqual({
      ...{ code: 0, annotations: [], summary: '' },
    })
  })

  it('is refused by every command in every argument, in words that mean nothing else', async () => {
    const job = await jobIn(store, 'waiting')
    const refused = catalogue.flatMap(({ name, args }) =>
      Object.keys(args).map(async (arg) => {
        const answer = await rig.ask('admin', name, { job: job.name, [arg]: evil })
        const ending = { decision: 'refused', code: answer.code, title: answer.title } as const
        const page = renderSummary({
          ending,
          known: { startedAt: 0, first: answer },
          asked: name,
          endedAt: 0,
        })
        return {
          ...{ name, arg, outcome: answer.outcome },
          wrong: markupIn(page) ?? [plainLine(answer.title)].find(isOrder),
        }
      }),
    )

    for (const found of await Promise.all(refused))
      expect(found).toEqual({ ...found, outcome: 'refused', wrong: undefined })
    expect(refused.length).toBeGreaterThan(80)
    expect(await store.jobs.byId(job.id)).toEqual(job)
  })
})
