import postgres from 'postgres'
import { afterAll, describe, expect, it } from 'vitest'
import type { Job } from '../../../core/domain/job.ts'
import { DEFAULT_OPTIONS } from '../../../core/domain/verification.ts'
import { formatWindow, parseWindow } from '../../../core/domain/window.ts'
import { anEntry } from '../../support/a-job.ts'
import { openCommands } from '../../support/commands.ts'
import { anImageOf, jobIn } from '../../support/job-in-state.ts'

const { store, ask, url } = await openCommands({ complete: 1 }, { crash_consistent: ['fuzzy-*'] })
const free = await openCommands({ complete: 0 })
const sql = postgres(url, { max: 1, onnotice: () => undefined })
afterAll(() => sql.end())

const MINUTE = 60_000
const LAST = '--last-sync --services-stopped'

/** A window in UTC that is open from so many minutes from now to so many. */
function windowAround(from: number, to: number): string {
  const [start, end] = [from, to].map((minutes) => new Date(Date.now() + minutes * MINUTE))
  const clock = (time: Date | undefined) => time?.toISOString().slice(11, 16) ?? ''
  const window = parseWindow(`${start?.toISOString().slice(0, 10) ?? ''} ${clock(start)}-${clock(end)} UTC`)
  if ('problem' in window) throw new Error(window.problem)
  return formatWindow(window)
}

/** A job in Waiting with an image. */
async function waitingJob(window?: string, on = store): Promise<Job> {
  const job = await jobIn(on, 'waiting')
  await anImageOf(on, job, `m-${job.name}`)
  if (window === undefined) return job
  const changed = await on.jobs.change(job, { set: { windows: [window] }, audit: anEntry('window') })
  return changed ?? job
}

async function asked(job: Job, more = ''): Promise<number> {
  const reply = await ask('operator', `complete ${job.name} ${more}`)
  expect(reply).toMatchObject({ outcome: 'accepted', code: 'approval-needed' })
  return Number(reply.data?.['approval'])
}

const stateOf = async ({ id }: Job) => (await store.jobs.byId(id))?.state

describe('complete', () => {
  it('S11: is refused outside the window, with the next opening and how to override it', async () => {
    const job = await waitingJob(windowAround(170, 300))

    const reply = await ask('operator', `complete ${job.name} ${LAST}`)

    expect(reply).toMatchObject({ outcome: 'refused', code: 'outside-window' })
    expect(reply.title).toMatch(/is completed within its window only: .* opens .* UTC, in 2h/)
    expect(reply.actions?.[0]?.command).toBe(
      `complete job=${job.name} --last-sync --services-stopped --override-window`,
    )
  })

  it('S11: is possible within the window; the request for approval ends with it', async () => {
    const job = await waitingJob(windowAround(-30, 40))

    const request = await asked(job, LAST)
    const approved = await ask('approver', `approve ${request}`)

    const { evidence, expiresAt } = (await store.approvals.byNumber(request)) ?? {}
    expect(evidence?.['Window']).toMatch(/: open until \d{4}-\d\d-\d\d \d\d:\d\d UTC$/)
    expect(evidence?.['Services']).toBe('stopped on the source')
    expect(evidence?.['Cutover now']).toContain('of downtime')
    expect(expiresAt?.getTime()).toBeLessThanOrEqual(Date.now() + 40 * MINUTE)
    expect(approved).toMatchObject({ outcome: 'accepted', code: 'completing', data: { state: 'syncing' } })
  })

  it('S11: a last sync that may outlast the window is refused; without a last sync it is not', async () => {
    const job = await waitingJob(windowAround(-30, 3))

    const late = await ask('operator', `complete ${job.name} ${LAST}`)

    expect(late).toMatchObject({ outcome: 'refused', code: 'window-too-short' })
    expect(late.title).toMatch(/may take up to .*, and its window closes in .*: .* open until/)
    await asked(job)
  })

  it('C3: outside the window always needs an approval, also where the policy demands none', async () => {
    const job = await waitingJob(windowAround(170, 300), free.store)
    const within = await waitingJob(windowAround(-30, 100), free.store)

    const outside = await free.ask('operator', `complete ${job.name} ${LAST} --override-window`)
    const inside = await free.ask('operator', `complete ${within.name} ${LAST}`)

    expect(outside).toMatchObject({ code: 'approval-needed', data: { needed: 1 } })
    expect(outside.facts['Window']).toMatch(/^overridden; it is /)
    expect(inside.code).toBe('completing')
    const approved = await free.ask('approver', `approve ${String(outside.data?.['approval'])}`)
    expect(approved.code).toBe('completing')
    const [row] = await free.store.audit.list({ jobId: job.id, limit: 1 })
    expect(row).toMatchObject({ action: 'complete', facts: { 'override-window': true } })
  })

  it('S12: a last sync without stopped services is for jobs that the policy names', async () => {
    const job = await waitingJob()
    const named = await jobIn(store, 'waiting', { name: `fuzzy-${job.name}` })

    const refused = await ask('operator', `complete ${job.name} --last-sync`)
    const request = await asked(named, '--last-sync')
    await ask('approver', `approve ${request}`)

    expect(refused).toMatchObject({ outcome: 'refused', code: 'services-running' })
    const { evidence } = (await store.approvals.byNumber(request)) ?? {}
    expect(evidence?.['Services']).toContain('as after a power cut')
    expect(await store.syncs.running(named.id)).toMatchObject({ kind: 'final', servicesStopped: false })
  })
})

describe('an approval of a completion', () => {
  const changes: Record<string, (job: Job) => Promise<unknown>> = {
    'a verification of the newest image ends': async (job) => {
      const [image] = await store.images.list(job.id)
      const verification = await store.verifications.start(
        image?.id ?? '',
        job.id,
        'ada',
        DEFAULT_OPTIONS,
        anEntry('verify'),
      )
      const notice = { severity: 'info', title: 'Not Verified' } as const
      await store.verifications.end(
        verification.id,
        0,
        'Not Verified',
        'NOT_BOOTED',
        anEntry('verify'),
        notice,
      )
    },
    'a sync starts': (job) => ask('operator', `sync ${job.name}`),
    'the window is changed': (job) => ask('operator', `window ${job.name} "${windowAround(-50, 90)}"`),
    'the window is lifted': (job) => ask('operator', `window ${job.name} off`),
    'a setting is changed': (job) => ask('operator', `limit ${job.name} 200mbit`),
    'the job is frozen': (job) => ask('operator', `freeze ${job.name} reason=stop`),
    'the job is locked': (job) => ask('operator', `lock ${job.name} reason=mine`),
    'the job is paused': (job) => ask('operator', `pause ${job.name}`),
  }

  it.each(Object.keys(changes))('C3: is void once %s', async (change) => {
    const job = await waitingJob(windowAround(-50, 120))
    const request = await asked(job, LAST)

    await changes[change]?.(job)
    const late = await ask('approver', `approve ${request}`)

    expect(late).toMatchObject({ outcome: 'refused', code: 'may-not-decide' })
    expect(late.title).toContain('the job has changed')
    expect((await store.jobs.byId(job.id))?.completing).toBe(false)
    expect(await store.approvals.open(job.id)).toEqual([])
  })

  it('C3: given already, is void once a verification ends before the completion is written', async () => {
    const job = await waitingJob()
    const request = await asked(job)
    await store.approvals.decide(request, { by: 'approver', approve: true, reason: null }, anEntry('approve'))
    await changes['a verification of the newest image ends']?.(job)

    const again = await ask('approver', `approve ${request}`)

    expect(again).toMatchObject({ outcome: 'refused', code: 'may-not-decide' })
    expect(await stateOf(job)).toBe('waiting')
  })

  it('C3: is void when what it showed is no more so, though the job is as it was', async () => {
    const job = await waitingJob()
    const request = await asked(job)
    await sql`update images set verdict = 'Not Verified' where job_id = ${job.id}`

    const late = await ask('approver', `approve ${request}`)

    expect(late).toMatchObject({ outcome: 'refused', code: 'approval-void' })
    expect(late.title).toMatch(
      /^What request \d+ showed has changed: Newest image was ".*not verified yet.*" and is ".*Not Verified/,
    )
    expect(await stateOf(job)).toBe('waiting')
  })

  it('S11: does not outlive the window', async () => {
    const job = await waitingJob(windowAround(-30, 60))
    const request = await asked(job, LAST)
    await sql`update jobs set windows = ${sql.json([windowAround(-90, -30)])} where id = ${job.id}`

    const late = await ask('approver', `approve ${request}`)

    expect(late).toMatchObject({ outcome: 'refused', code: 'outside-window' })
    expect(await stateOf(job)).toBe('waiting')
  })

  it('is void by no freeze of all jobs, but holds nothing off it either', async () => {
    const job = await waitingJob()
    const request = await asked(job)
    await ask('operator', 'freeze all reason=stop')
    const frozen = await ask('approver', `approve ${request}`)
    const still = await stateOf(job)
    await ask('operator', 'unfreeze all')
    const after = await ask('approver', `approve ${request}`)

    expect(frozen).toMatchObject({ outcome: 'refused', code: 'frozen' })
    expect(still).toBe('waiting')
    expect(after.code).toBe('completing')
  })

  it('C3: is given to the owner of a lock by others while the lock stands', async () => {
    const job = await waitingJob()
    await ask('operator', `lock ${job.name} reason='cutover tonight'`)
    const request = await asked(job)

    const approved = await ask('approver', `approve ${request}`)

    expect(approved).toMatchObject({ code: 'completing', data: { lock: { by: 'operator' } } })
  })

  it('C3: is for the arguments that were asked, whatever is asked beside them', async () => {
    const job = await waitingJob()
    const plain = await asked(job)
    const last = await asked(job, LAST)
    expect(last).not.toBe(plain)

    await ask('approver', `approve ${plain}`)

    expect(await stateOf(job)).toBe('completing')
    expect((await store.approvals.byNumber(last))?.status).toBe('void')
  })

  it('given by many while all jobs are frozen leaves a completion or a freeze that came first', async () => {
    for (let round = 0; round < 5; round++) {
      const job = await waitingJob()
      const request = await asked(job)
      const [approved, frozen] = await Promise.all([
        ask('approver', `approve ${request}`),
        ask('operator', 'freeze all reason=race').then(async (reply) => ({
          reply,
          state: await stateOf(job),
        })),
      ])
      expect(frozen.reply.code).toBe('frozen')
      expect(await stateOf(job)).toBe(frozen.state)
      expect(approved.code).toBe(frozen.state === 'waiting' ? 'frozen' : 'completing')
      await ask('operator', 'unfreeze all')
    }
  })
})
