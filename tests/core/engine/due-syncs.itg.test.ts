import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../core/app/clock.ts'
import type { Job } from '../../../core/domain/job.ts'
import { formatWindow, parseWindow } from '../../../core/domain/window.ts'
import type { Parts } from '../../../core/engine/parts.ts'
import { startDueSyncs } from '../../../core/engine/ticks.ts'
import type { JobSettings } from '../../../core/ports/jobs.ts'
import { aJob, anEntry } from '../../support/a-job.ts'
import { freshStore } from '../../support/fresh-store.ts'

const { store } = await freshStore()

/** All that the tick reaches for. */
const tick = () => startDueSyncs({ store, clock: systemClock, random: () => 0 } as Parts)

async function dueJob(set: Partial<JobSettings> = {}): Promise<Job> {
  const job = await aJob(store, 'waiting')
  const due = await store.jobs.change(job, {
    set: { nextSyncAt: new Date(Date.now() - 1000), ...set },
    audit: anEntry('due'),
  })
  if (due === undefined) throw new Error('the job could not be made due')
  return due
}

/** A window in UTC from so many minutes from now, an hour long. */
function windowIn(minutes: number): readonly string[] {
  const [from, to] = [minutes, minutes + 60].map((from) => new Date(Date.now() + from * 60_000).toISOString())
  const read = parseWindow(
    `${from?.slice(0, 10) ?? ''} ${from?.slice(11, 16) ?? ''}-${to?.slice(11, 16) ?? ''} UTC`,
  )
  if ('problem' in read) throw new Error(read.problem)
  return [formatWindow(read)]
}

const now = async ({ id }: Job) => store.jobs.byId(id)

describe('a sync that is due', () => {
  it('starts when no window is near', async () => {
    const job = await dueJob({ windows: windowIn(24 * 60) })
    await tick()
    expect(await now(job)).toMatchObject({ state: 'syncing', nextSyncAt: null, deferral: null })
  })

  it('S11: waits until the window has closed when it would still run as it opens, and says why', async () => {
    const job = await dueJob({ windows: windowIn(1) })

    await tick()
    const deferred = await now(job)
    await tick()

    expect(deferred).toMatchObject({ state: 'waiting', version: job.version + 1 })
    expect(deferred?.deferral).toMatch(
      /^due .* UTC, it would take up to .* and still run when the window opens/,
    )
    expect(deferred?.nextSyncAt?.getTime()).toBeGreaterThan(Date.now() + 59 * 60_000)
    expect(await now(job)).toEqual(deferred)
    const [row] = await store.audit.list({ jobId: job.id, limit: 1 })
    expect(row).toMatchObject({ action: 'sync.deferred', facts: { reason: deferred?.deferral } })
  })

  it('starts once the window has closed, and its deferral ends', async () => {
    const job = await dueJob({ deferral: 'due before', windows: windowIn(-61) })
    await tick()
    expect(await now(job)).toMatchObject({ state: 'syncing', deferral: null })
  })

  it('C3: waits while others are asked to approve the completion, which it would void', async () => {
    const job = await dueJob()
    const request = await store.approvals.request(
      {
        ...{ jobId: job.id, jobVersion: job.version, command: 'complete', args: {}, requestedBy: 'ada' },
        ...{ needed: 1, evidence: {}, expiresAt: new Date(Date.now() + 60_000) },
      },
      anEntry('complete'),
      { severity: 'warning', title: 'Approval wanted' },
    )

    await tick()
    const held = await now(job)
    const decision = { by: 'bo', approve: false, reason: 'no' }
    await store.approvals.decide(request.number, decision, anEntry('deny'))
    await tick()

    expect(held).toEqual(job)
    expect((await now(job))?.state).toBe('syncing')
  })

  it('is left by a frozen job until it is unfrozen', async () => {
    const job = await dueJob({ frozen: { by: 'ada', at: new Date(0), reason: 'stop' } })
    await tick()
    expect(await now(job)).toEqual(job)
    await store.jobs.change(job, { set: { frozen: null }, audit: anEntry('unfreeze') })
    await tick()
    expect((await now(job))?.state).toBe('syncing')
  })
})
