import { describe, expect, it } from 'vitest'
import { viewOf } from '../../../core/commands/view.ts'
import { withTick } from '../../../core/domain/cutover.ts'
import type { Job } from '../../../core/domain/job.ts'
import { Policy } from '../../../core/domain/policy.ts'
import { anEntry } from '../../support/a-job.ts'
import { openCommands } from '../../support/commands.ts'
import { anImageOf, jobIn } from '../../support/job-in-state.ts'

const { store, ask, carryCutovers, newReplica } = await openCommands({ complete: 1 })

/** What the engine comes to with a last sync: the image, then Completed. */
async function finish(job: Job): Promise<void> {
  const running = await store.jobs.byId(job.id)
  if (running === undefined) throw new Error('the job is gone')
  await anImageOf(store, running, `m-${job.name}`)
  const set = { completing: true, nextSyncAt: null } as const
  const completing = await store.jobs.change(running, {
    ...{ set: { ...set, state: 'completing' }, endSync: { result: 'ok' }, audit: anEntry('finished') },
  })
  if (completing === undefined) throw new Error('the last sync could not end')
  const released = { intermediate: 'released', endedAt: new Date() } as const
  await store.jobs.change(completing, {
    ...{ set: { ...released, state: 'completed' }, audit: anEntry('completed') },
  })
}

async function waiting(count = 1): Promise<readonly Job[]> {
  return Promise.all(Array.from({ length: count }, () => jobIn(store, 'waiting')))
}
const namesOf = (jobs: readonly Job[]) => jobs.map(({ name }) => name)
async function opened(jobs: readonly Job[], more = ''): Promise<number> {
  const reply = await ask('operator', `cutover start ${namesOf(jobs).join(' ')} ${more}`)
  expect(reply.code).toBe('cutover-open')
  return Number(reply.data?.['cutover'])
}
const stateOf = async ({ id }: Job) => (await store.jobs.byId(id))?.state
const requests = (job: Job) => store.approvals.open(job.id)

describe('cutover start', () => {
  it('opens a checklist of its jobs, led by whoever starts it', async () => {
    const jobs = await waiting(2)
    const reply = await ask('operator', `cutover start ${namesOf(jobs).join(' ')} concurrency=2`)

    expect(reply).toMatchObject({
      outcome: 'accepted',
      facts: { Jobs: namesOf(jobs).join(', '), Roles: 'lead operator', 'Sign-off': 'not yet' },
    })
    expect(reply.table?.rows.map(([job]) => job)).toEqual(namesOf(jobs))
    expect(reply.actions?.map(({ command }) => command)).toEqual(
      jobs.map(
        ({ name }) => `cutover check services-stopped ${name} cutover=${String(reply.data?.['cutover'])}`,
      ),
    )
  })

  it('refuses what cannot be moved over, and a job that is in another one', async () => {
    const [job] = await waiting()
    const over = await jobIn(store, 'cancelled')
    const number = await opened([job as Job])

    const taken = await ask('operator', `cutover start ${job?.name ?? ''}`)
    expect(taken).toMatchObject({ outcome: 'refused', code: 'in-cutover' })
    expect(taken.title).toContain(`cutover ${number}`)
    expect((await ask('operator', `cutover start ${over.name}`)).code).toBe('not-legal-now')
    expect((await ask('operator', 'cutover start nobody-01')).code).toBe('no-such-job')
    expect((await ask('operator', `cutover start ${over.name} ${over.name}`)).title).toContain('named twice')
    expect((await ask('viewer', `cutover start ${over.name}`)).code).toBe('not-allowed')
  })
})

describe('a cutover of one job', () => {
  it('C3: goes from the services’ stop over approval and last sync to its report', async () => {
    const [job] = (await waiting()) as [Job]
    const number = await opened([job], 'verify=off')
    const check = (step: string, more = '') =>
      ask('operator', `cutover check ${step} cutover=${number} ${more}`)

    // Nothing happens before somebody has said that the services are stopped, and confirmed it.
    await carryCutovers()
    expect(await requests(job)).toEqual([])
    const unconfirmed = await ask('operator', `cutover check services-stopped cutover=${number}`, {
      confirmed: false,
    })
    expect(unconfirmed).toMatchObject({ outcome: 'refused', code: 'confirm' })
    expect((await check('addresses')).code).toBe('not-legal-now')
    await check('services-stopped')
    await carryCutovers()
    await carryCutovers()

    const [request, ...others] = await requests(job)
    expect(others).toEqual([])
    expect(request).toMatchObject({ command: 'complete', requestedBy: 'operator' })
    expect(request?.evidence['Services']).toBe('stopped on the source')
    expect((await check('services-stopped', '--undo')).code).toBe('not-legal-now')
    await ask('approver', `approve ${request?.number ?? 0}`)
    expect(await stateOf(job)).toBe('syncing')
    const status = await ask('viewer', `cutover status ${job.name}`)
    expect(status.facts?.['Latest']).toMatch(
      /operator: complete: approval asked; .* approver: approve: approved/,
    )
    expect(status.table?.rows).toContainEqual(['Last sync', 'doing', '#2 is comparing, 0 %'])

    await finish(job)
    expect((await check('sign-off')).code).toBe('steps-left')
    await check('verify')
    await check('addresses')
    await check('services-up')
    expect((await ask('operator', `cutover end cutover=${number}`)).code).toBe('not-signed-off')
    const signed = await check('sign-off')
    expect(signed.title).toContain('all steps are done')
    const end = await ask('operator', `cutover end cutover=${number}`)

    expect(end).toMatchObject({ outcome: 'done', code: 'cutover-ended' })
    const text = end.document?.text ?? ''
    expect(text).toContain(`# Cutover ${number}: ${job.name}`)
    expect(text).toMatch(/\| operator \|.*\| cutover check: .*step services-stopped/)
    expect(text).toMatch(/\| approver \|.*\| approve: approved/)
    expect(text).toContain(`m-${job.name}`)
    expect((await check('addresses')).code).toBe('cutover-ended')
    const policy = Policy.parse({ people: [{ name: 'ada', role: 'admin' }] })
    const looking = { store, clock: { now: () => new Date(), sleep: async () => undefined }, policy }
    expect(await viewOf(looking, { kind: 'cutover', id: String(number) })).toMatchObject({
      ...{ closed: true, tone: 'good' },
    })
  })
})

describe('a wave', () => {
  it('moves jobs over in order, and stops when one is denied until it is asked anew', async () => {
    const [first, second] = (await waiting(2)) as [Job, Job]
    const number = await opened([first, second], 'verify=off')
    await ask('operator', `cutover check services-stopped --all cutover=${number}`)
    await carryCutovers()
    expect([await requests(first), await requests(second)].map(({ length }) => length)).toEqual([1, 0])

    const [request] = await requests(first)
    await ask('approver', `deny ${request?.number ?? 0} reason='the backup still runs'`)
    await carryCutovers()
    const halted = await ask('viewer', `cutover status cutover=${number}`)
    expect(halted.facts['Held up by']).toContain('denied by approver: the backup still runs')
    expect([await requests(first), await requests(second)].map(({ length }) => length)).toEqual([0, 0])

    await ask('operator', `cutover check services-stopped ${first.name} cutover=${number}`)
    await carryCutovers()
    const [again] = await requests(first)
    await ask('approver', `approve ${again?.number ?? 0}`)
    await carryCutovers()
    expect(await requests(second)).toEqual([])
    await finish(first)
    await carryCutovers()
    expect(await requests(second)).toHaveLength(1)
  })

  it('says what stands in the way, once, and goes on when it is gone', async () => {
    const [job] = (await waiting()) as [Job]
    const number = await opened([job], 'verify=off')
    await ask('operator', `freeze ${job.name} reason='disk swap'`)
    await ask('operator', `cutover check services-stopped cutover=${number}`)
    for (let looks = 0; looks < 3; looks++) await carryCutovers()

    const refused = (await store.audit.list({ jobId: job.id, limit: 50 })).filter(
      ({ outcome }) => outcome === 'refused: frozen',
    )
    expect(refused).toHaveLength(1)
    const { table } = await ask('viewer', `cutover status cutover=${number}`)
    expect(table?.rows.find(([step]) => step === 'Complete')?.[2]).toContain('is frozen by operator')

    await ask('operator', `unfreeze ${job.name}`)
    await carryCutovers()
    expect(await requests(job)).toHaveLength(1)
  })

  it('relies on nothing that was said of the services last night, until it is said anew', async () => {
    const [job] = (await waiting()) as [Job]
    const number = await opened([job], 'verify=off')
    const cutover = await store.cutovers.byNumber(number)
    const lastNight = { by: 'operator', at: new Date(Date.now() - 13 * 3_600_000) }
    const ticked = cutover && withTick(cutover, [job.name], 'services-stopped', lastNight)
    if (ticked !== undefined) await store.cutovers.change(ticked)
    await carryCutovers()
    expect(await requests(job)).toEqual([])
    const { table } = await ask('viewer', `cutover status cutover=${number}`)
    expect(table?.rows.find(([step]) => step === 'Complete')?.[2]).toContain('says it anew')

    await ask('operator', `cutover check services-stopped cutover=${number}`)
    await carryCutovers()
    expect(await requests(job)).toHaveLength(1)
  })

  it('asks once when two replicas carry it on at the same time', async () => {
    const [job] = (await waiting()) as [Job]
    const number = await opened([job])
    await ask('operator', `cutover check services-stopped cutover=${number}`)
    await Promise.all([carryCutovers(), carryCutovers(), carryCutovers()])
    expect(await requests(job)).toHaveLength(1)
  })

  it('goes on when the bot died between an approval and what it allows, and does it once', async () => {
    const [job] = (await waiting()) as [Job]
    const number = await opened([job])
    await ask('operator', `cutover check services-stopped cutover=${number}`)
    await carryCutovers()
    const [request] = await requests(job)
    // What is left of a click when the process ends within it.
    const decision = { by: 'approver', approve: true, reason: null }
    await store.approvals.decide(request?.number ?? 0, decision, anEntry('approve'))
    expect(await stateOf(job)).toBe('waiting')

    const replicas = [newReplica(), newReplica(), newReplica()]
    // Seen for the first time, it may still be in the hands of whoever approved it.
    await Promise.all(replicas.map((look) => look()))
    expect(await stateOf(job)).toBe('waiting')
    await Promise.all(replicas.map((look) => look()))
    await carryCutovers()

    expect(await stateOf(job)).toBe('syncing')
    expect((await store.syncs.list(job.id)).filter(({ kind }) => kind === 'final')).toHaveLength(1)
    expect((await store.approvals.byNumber(request?.number ?? 0))?.status).toBe('used')
    const done = (await store.audit.list({ jobId: job.id, limit: 50 })).filter(
      ({ action, outcome }) => action === 'complete' && outcome === 'syncing',
    )
    expect(done).toMatchObject([{ actor: { person: 'operator', door: 'engine' } }])
  })

  it('does not carry out by itself what was refused to whoever approved it', async () => {
    const [job] = (await waiting()) as [Job]
    await ask('operator', `complete ${job.name}`)
    const [request] = await requests(job)
    await ask('admin', `freeze all reason='not now'`)
    expect(await ask('approver', `approve ${request?.number ?? 0}`)).toMatchObject({ code: 'frozen' })
    await ask('admin', 'unfreeze all')
    const look = newReplica()
    for (let looks = 0; looks < 3; looks++) await look()

    expect(await stateOf(job)).toBe('waiting')
    // It is theirs to try again.
    await ask('approver', `approve ${request?.number ?? 0}`)
    expect(await stateOf(job)).toBe('completing')
  })

  it('asks nothing more once it is stopped, and what was asked cannot be approved any more', async () => {
    const [first, second] = (await waiting(2)) as [Job, Job]
    const number = await opened([first, second], 'concurrency=2')
    await ask('operator', `cutover check services-stopped ${first.name} cutover=${number}`)
    await carryCutovers()
    const [request] = await requests(first)

    expect((await ask('approver', `cutover stop 'not tonight' cutover=${number}`)).code).toBe('not-lead')
    const stop = await ask('admin', `cutover stop 'not tonight' cutover=${number}`)
    await carryCutovers()

    expect(stop.document?.text).toContain('Result: stopped: not tonight')
    expect((await ask('approver', `approve ${request?.number ?? 0}`)).outcome).toBe('refused')
    expect(await stateOf(first)).toBe('waiting')
    expect(await opened([second])).toBeGreaterThan(number)
  })
})

describe('handover', () => {
  it('passes the lead on once the other accepts', async () => {
    const jobs = await waiting()
    const number = await opened(jobs)
    expect((await ask('operator', `handover nobody cutover=${number}`)).code).toBe('no-such-person')
    expect((await ask('operator', `handover viewer cutover=${number}`)).code).toBe('not-allowed')
    const offered = await ask('operator', `handover @approver cutover=${number}`)
    expect(offered.facts['Roles']).toBe('lead operator; lead offered to approver, not accepted yet')
    expect((await ask('admin', `handover accept cutover=${number}`)).code).toBe('nothing-offered')

    const accepted = await ask('approver', 'handover accept')
    expect(accepted.facts['Roles']).toBe('lead approver')
    expect((await ask('operator', `cutover stop x cutover=${number}`)).code).toBe('not-lead')
  })

  it('of a lead that was asked for at the start is open until it is accepted', async () => {
    const jobs = await waiting()
    const reply = await ask('operator', `cutover start ${jobs[0]?.name ?? ''} lead=approver`)
    expect(reply.facts['Roles']).toBe('no lead yet; lead offered to approver, not accepted yet')
    expect(reply.actions?.[0]?.command).toMatch(/^handover accept cutover=/)
  })
})

describe('a cutover with jobs beyond the limits of a workflow’s rule', () => {
  it('is neither ticked nor signed off nor told of by its run', async () => {
    const [mine, other] = await waiting(2)
    const names = [mine?.name ?? '', other?.name ?? '']
    const number = await opened([mine, other] as readonly Job[])
    const limited = (text: string, jobs: readonly string[]) =>
      ask('operator', `${text} cutover=${number}`, { jobs })

    for (const text of ['cutover check services-stopped', 'cutover check sign-off', 'cutover status']) {
      const reply = await limited(`${text} job=${names[0]}`, [names[0] ?? ''])
      expect(reply).toMatchObject({ outcome: 'refused', code: 'job-not-allowed', facts: {} })
    }
    const within = await limited(`cutover check services-stopped job=${names[0]}`, names)
    expect(within.code).not.toBe('job-not-allowed')
    const [open] = await store.cutovers.open(mine?.id)
    expect(open?.signedOff).toBeNull()
  })
})
