import { describe, expect, it } from 'vitest'
import { GITHUB_ISSUER } from '../../../core/domain/workflows.ts'
import type { RunKey } from '../../../core/ports/github.ts'
import { eventually } from '../../support/eventually.ts'
import type { Run } from '../../support/github.ts'
import { startGitHubBot } from '../../support/github-bot.ts'
import { jobIn } from '../../support/job-in-state.ts'

const COMMAND = 'complete {job} --last-sync --services-stopped'
const ferry = await startGitHubBot({
  approvals: { complete: 1, cancel: 2, clear: 0 },
  github: {
    gates: [
      { repository: 'ada/operations', environment: 'cutover-{job}', command: COMMAND },
      { repository: 'ada/operations', environment: 'production', run_name: 'Cut over {job}' },
      { repository: 'ada/operations', environment: 'cancel-{job}', command: 'cancel {job}' },
      { repository: 'ada/operations', environment: 'clear-{job}', command: 'clear {job}' },
    ],
  },
})
const { github } = ferry

let jobs = 0
/** A job in Waiting that no other test has. */
async function aJob(): Promise<string> {
  const name = `web-${String(++jobs).padStart(2, '0')}`
  await jobIn(ferry.store, 'waiting', { name })
  return name
}

const keyOf = (run: Run): RunKey => ({
  issuer: GITHUB_ISSUER,
  repositoryId: String(github.repositoryId),
  runId: String(run.id),
  attempt: String(run.attempt),
})

/** The number of the request that a run waits for. */
async function requestOf(run: Run): Promise<number> {
  return eventually(`the request of run ${run.id}`, async () => {
    const [gate] = await ferry.store.gates.ofRun(keyOf(run))
    return gate?.approval ?? undefined
  })
}

const decided = (run: Run): Promise<string> =>
  eventually(
    `the decision about run ${run.id}`,
    async () => run.decision && `${run.decision}: ${run.comments.at(-1) ?? ''}`,
  )

/** What a step of the run asks, as the API lets it in. */
const step = (run: Run, text: string, more: { environment?: string; issuer?: string } = {}) => {
  const key = { ...keyOf(run), environment: run.environment, ...more }
  const who = { person: { name: 'olga', role: 'operator' }, door: 'action', run: key } as const
  return ferry.app.execute(text, who, { confirmed: true })
}

const stateOf = async (job: string) => (await ferry.store.jobs.named(job))?.state

describe('a gate', () => {
  it('C3: shows the evidence, opens when another person approves, and its run carries out what was approved, once', async () => {
    const job = await aJob()
    const run = await github.startRun({ actor: 'olga', environment: `cutover-${job}` })
    const number = await requestOf(run)
    const report = await eventually('the evidence', async () => run.comments[0])
    const approved = await ferry.ask('paula', `approve ${number}`)
    const before = await stateOf(job)
    const decision = await decided(run)
    const first = await step(run, `complete ${job} --last-sync --services-stopped`)
    const again = await step(run, `complete ${job} --last-sync --services-stopped`)

    expect(report).toContain(
      `**complete ${job}** waits for approval: request ${number} of olga, 1 more person needed.`,
    )
    expect(report).toContain('- Last sync: ')
    expect(report).toContain('- Window: none: at any time')
    expect(report.length).toBeLessThanOrEqual(1024)
    expect(approved).toMatchObject({ outcome: 'accepted', code: 'approved' })
    expect(approved.title).toContain('the workflow run goes on to complete')
    // The run’s own steps come first: nothing has begun with the approval.
    expect(before).toBe('waiting')
    expect(decision).toBe(`approved: Request ${number} was approved by paula.`)
    expect(first).toMatchObject({ outcome: 'accepted', code: 'completing' })
    expect(again).toMatchObject({ outcome: 'accepted', code: 'carried-out' })
    expect(await stateOf(job)).toBe('syncing')
    expect((await ferry.store.approvals.byNumber(number))?.status).toBe('used')
  })

  it('C3: lets its run ask for nothing else than what was approved, and no other run for it', async () => {
    const job = await aJob()
    const run = await github.startRun({ actor: 'olga', environment: `cutover-${job}` })
    await ferry.ask('paula', `approve ${await requestOf(run)}`)
    await decided(run)
    const other = await github.startRun({ actor: 'olga', environment: 'unguarded', silent: true })

    const beside = await step(run, `complete ${job} --last-sync --services-stopped`, {
      environment: 'staging',
    })
    const namesake = await step(run, `complete ${job} --last-sync --services-stopped`, {
      issuer: 'https://ghes.test/_services/token',
    })
    const wider = await step(run, `complete ${job}`)
    const stranger = await step(other, `complete ${job} --last-sync --services-stopped`)

    expect(beside).toMatchObject({ outcome: 'accepted', code: 'approval-needed' })
    expect(wider).toMatchObject({ outcome: 'refused', code: 'not-what-was-approved' })
    expect(stranger).toMatchObject({ outcome: 'accepted', code: 'approval-needed' })
    // Another GitHub numbers its repositories and runs by itself.
    expect(namesake).toMatchObject({ outcome: 'accepted', code: 'approval-needed' })
    expect(await stateOf(job)).toBe('waiting')
  })

  it('C3: joins a request that stands already, which the last approval then carries out', async () => {
    const job = await aJob()
    const asked = await ferry.ask('olga', `complete ${job} --last-sync --services-stopped`)
    const run = await github.startRun({ actor: 'ada', environment: 'production', title: `Cut over ${job}` })
    const number = await requestOf(run)
    await ferry.ask('paula', `approve ${number}`)
    const decision = await decided(run)
    const joined = await step(run, `complete ${job} --last-sync --services-stopped`)

    expect(number).toBe(asked.data?.['approval'])
    expect(decision).toContain('approved')
    expect(joined).toMatchObject({ outcome: 'accepted', code: 'carried-out' })
    const syncs = await ferry.store.syncs.list((await ferry.store.jobs.named(job))?.id ?? '')
    expect(syncs.filter(({ kind }) => kind === 'final')).toHaveLength(1)
  })

  it('C3: takes the review of a person in GitHub as their decision, but not of who has started the run', async () => {
    const job = await aJob()
    const run = await github.startRun({ actor: 'paula', environment: `cutover-${job}` })
    const number = await requestOf(run)
    await github.review(run, 'paula', 'approved')
    const own = await eventually('the answer to the own review', async () =>
      run.comments.find((comment) => comment.includes('you asked for it yourself')),
    )
    await github.review(run, 'pete', 'approved', 'Looks good @all')

    expect(own).toContain('somebody else must decide')
    expect(await decided(run)).toBe(`approved: Request ${number} was approved by pete.`)
  })

  it('C3: waits for as many people as the policy asks for, whichever door they use', async () => {
    const job = await aJob()
    const run = await github.startRun({ actor: 'olga', environment: `cancel-${job}` })
    const number = await requestOf(run)
    await github.review(run, 'paula', 'approved')
    const first = await eventually('the first approval', async () =>
      run.comments.find((comment) => comment.includes('Approved by: paula')),
    )
    await ferry.ask('pete', `approve ${number}`)

    expect(first).toContain('1 more person needed')
    expect(await decided(run)).toContain('approved by paula, pete')
  })

  it('stays shut with the reason when somebody denies it', async () => {
    const job = await aJob()
    const run = await github.startRun({ actor: 'olga', environment: `cutover-${job}` })
    const number = await requestOf(run)
    await ferry.ask('paula', `deny ${number} reason='not before the @backup'`)

    expect(await decided(run)).toBe(
      `rejected: Request ${number} was denied: not before the @\u200bbackup. Nothing was done.`,
    )
  })

  it('is shut when nobody decides in time, and when the job has changed meanwhile', async () => {
    const [late, changed] = [await aJob(), await aJob()]
    const runs = [
      await github.startRun({ actor: 'olga', environment: `cutover-${late}` }),
      await github.startRun({ actor: 'olga', environment: `cutover-${changed}` }),
    ] as const
    const number = await requestOf(runs[0])
    await requestOf(runs[1])
    await ferry.sql`update approvals set expires_at = now() where number = ${number}`
    await ferry.store.approvals.expire()
    await ferry.ask('olga', `limit ${changed} 100mbit`)

    expect(await decided(runs[0])).toContain(`rejected: Nobody has approved request ${number} in time`)
    expect(await decided(runs[1])).toContain(`rejected: ${changed} has changed since`)
  })

  it('is opened at once where the policy asks for nobody, and nothing is carried out by that', async () => {
    const job = await aJob()
    await ferry.ask('olga', `pause ${job}`)
    const run = await github.startRun({ actor: 'olga', environment: `clear-${job}` })

    expect(await decided(run)).toBe(`approved: clear ${job} needs nobody’s approval.`)
    expect(await stateOf(job)).toBe('paused')
    expect(await step(run, `clear ${job}`)).toMatchObject({ code: 'clearing' })
  })

  it.each([
    ['what it asks for would be refused', 'olga', 'cutover-web-99', 'There is no job web-99.'],
    [
      'the job cannot be told',
      'olga',
      'production',
      'The name of the run does not say which job it is about.',
    ],
    ['nobody knows who has started the run', 'oscar', 'cutover-web-01', 'Ferry does not know oscar'],
    [
      'who has started it may not ask for it',
      'vera',
      'cutover-web-01',
      'vera is viewer; complete is for operators.',
    ],
  ])('is shut with the reason when %s', async (_why, actor, environment, reason) => {
    const run = await github.startRun({ actor, environment })

    expect(await decided(run)).toContain(`rejected: ${reason}`)
  })

  it('is shut when somebody has started another person’s run again', async () => {
    const job = await aJob()
    const run = await github.startRun({ actor: 'olga', environment: `cutover-${job}`, silent: true })
    run.triggeringActor = 'paula'

    expect(await decided(run)).toContain('rejected: paula has started a run of olga again.')
  })

  it('is found when no webhook told of it, and answered when GitHub was away meanwhile', async () => {
    const job = await aJob()
    const route = 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule'
    const run = await github.startRun({ actor: 'olga', environment: `cutover-${job}`, silent: true })
    const number = await requestOf(run)
    await eventually('the evidence', async () => run.comments[0])
    github.fail(route, 502, 'lost')
    await ferry.ask('paula', `approve ${number}`)

    expect(await decided(run)).toContain('approved')
    await eventually('the end of the gate', async () =>
      (await ferry.store.gates.ofRun(keyOf(run))).every(({ answeredAt }) => answeredAt !== null),
    )
  })

  it('answers another job of the run that asks while the answer is on its way', async () => {
    const job = await aJob()
    const run = await github.startRun({ actor: 'olga', environment: `cutover-${job}` })
    const number = await requestOf(run)
    await eventually('the evidence', async () => run.comments[0])
    const route = 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule'
    const askedAt = async () => (await ferry.store.gates.ofRun(keyOf(run)))[0]?.askedAt.getTime() ?? 0
    const first = await askedAt()
    const second = new Promise<void>((resolve) =>
      github.meanwhile(route, async () => {
        await github.askAgain(run)
        // It is in the database before the first answer is recorded.
        await eventually('the second question', async () => (await askedAt()) > first)
        resolve()
      }),
    )
    await ferry.ask('paula', `approve ${number}`)
    await second

    expect(await decided(run)).toContain(`Request ${number} was approved by paula.`)
  })

  it('of a run that was cancelled takes its request back', async () => {
    const job = await aJob()
    const run = await github.startRun({ actor: 'olga', environment: `cutover-${job}` })
    const number = await requestOf(run)
    github.cancel(run)

    // The run is looked at once in so many looks: a minute, let pass here.
    await eventually('the end of the request', async () => {
      await ferry.sql`update github_gates set tries = 59 where approval = ${number}`
      return (await ferry.store.approvals.byNumber(number))?.status === 'void'
    })
  })

  it('that was closed because GitHub knew its run no more for a moment is answered all the same', async () => {
    const job = await aJob()
    const run = await github.startRun({ actor: 'olga', environment: `cutover-${job}` })
    const number = await requestOf(run)
    github.cancel(run)
    await eventually('the end of the gate', async () => {
      await ferry.sql`update github_gates set tries = 59 where approval = ${number}`
      return (await ferry.store.gates.ofRun(keyOf(run))).every(({ answeredAt }) => answeredAt !== null)
    })
    expect(run.decision).toBeUndefined()
    run.status = 'waiting'

    expect(await decided(run)).toBe(
      'rejected: GitHub called the run over before anything was decided. Run the job again to ask anew.',
    )
  })

  it('is carried on by the next bot when one dies', async () => {
    const job = await aJob()
    const run = await github.startRun({ actor: 'olga', environment: `cutover-${job}` })
    const number = await requestOf(run)
    await ferry.stop()
    await ferry.sql`update approvals set status = 'approved', approved_by = '["paula"]' where number = ${number}`
    await ferry.start()

    expect(await decided(run)).toContain('approved by paula')
    expect(
      github.calls.filter(({ route, status }) => status === 422 && !route.endsWith('protection_rule')),
    ).toEqual([])
  })
})

describe('a run that no gate guards', () => {
  it('C3: is named by its request and by the sync that the last approval begins', async () => {
    const job = await aJob()
    const page = 'https://github.com/acme/infra/actions/runs/9000'
    const who = { person: { name: 'olga', role: 'operator' }, door: 'action', page } as const
    const asked = await ferry.app.execute(`complete ${job} --last-sync --services-stopped`, who, {
      confirmed: true,
    })
    const number = Number(asked.data?.['approval'])
    const request = await ferry.app.view({ kind: 'approval', id: String(number) })
    await ferry.ask('paula', `approve ${number}`)
    const [sync] = await ferry.store.syncs.list((await ferry.store.jobs.named(job))?.id ?? '', 1)
    const view = await ferry.app.view({ kind: 'sync', id: sync?.id ?? '' })

    expect(request?.links).toEqual([{ label: 'Workflow run', url: page }])
    expect(sync).toMatchObject({ kind: 'final', askedBy: 'olga', page })
    expect(view?.links).toEqual([{ label: 'Workflow run', url: page }])
  })
})
