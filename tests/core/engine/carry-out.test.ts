import { describe, expect, it } from 'vitest'
import { MOST_TRIES } from '../../../core/domain/fault-course.ts'
import type { FaultCode } from '../../../core/domain/faults.ts'
import { Fault } from '../../../core/domain/faults.ts'
import type { Job, Sync } from '../../../core/domain/job.ts'
import { NO_PROGRESS } from '../../../core/domain/job.ts'
import { carryOut } from '../../../core/engine/carry-out.ts'
import type { Parts } from '../../../core/engine/parts.ts'
import type { JobChange } from '../../../core/ports/jobs.ts'
import type { Store } from '../../../core/ports/store.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { aSync, MINUTE } from '../../support/simulated-syncs.ts'

const MIB = 1024 ** 2

/** A syncing job whose every step meets what `meet` throws, on a clock that stands still until it is moved. */
function failing(meet: (time: number) => FaultCode, moved: (time: number) => number = () => 0) {
  const clock = fakeClock()
  let times = 0
  let job = {
    ...{ id: 'job', name: 'web-01', sourceId: 'source', state: 'syncing', epoch: 1, version: 1 },
    ...{ fault: null, resume: null, intermediate: 'none', auto: true, bytesPerSecond: null },
  } as unknown as Job
  const ended = aSync({
    number: 2,
    startedAt: clock.now(),
    totalBytes: 0,
    changedBytes: 0,
    comparing: 0,
    transferring: 0,
    imaging: 0,
  })
  const sync = (): Sync => ({
    ...{ ...ended, result: null, trigger: 'manual', phase: 'transferring' },
    progress: { ...NO_PROGRESS, appliedBytes: moved(times) },
  })
  const store = {
    jobs: {
      byId: async () => job,
      noteFault: async (_id: string, _epoch: number, fault: Job['fault']) => void (job = { ...job, fault }),
      change: async (_job: Job, change: JobChange) => (job = { ...job, ...change.set }),
      disks: async () => [],
    },
    syncs: { running: async () => sync(), list: async () => [], setForecast: async () => undefined },
    intermediates: {
      current: () => Promise.reject(new Fault(meet(++times), `the ${times}. time`)),
    },
    ledger: { open: async () => [] },
  } as unknown as Store
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const settings = { timings: { lookMs: 1 } } as Parts['settings']
  const parts = { store, clock, random: () => 0.5, log, settings, cloud: {} } as unknown as Parts
  let tries = 0
  return {
    job: () => job,
    clock,
    /** One claim: true while it is to be tried again. */
    async once(): Promise<number | undefined> {
      const ending = await carryOut(
        parts,
        { kind: 'job', id: 'job', epoch: 1, tries },
        new AbortController().signal,
      )
      if (typeof ending === 'string') return undefined
      tries = ending.tries
      clock.advance(ending.againInMs)
      return ending.againInMs
    },
  }
}

describe('S20: a transient fault', () => {
  it('is tried again by itself with back-off, written down each time, and shown as Error in the end', async () => {
    const one = failing(() => 'CLOUD_BUSY')
    const waits: (number | undefined)[] = []

    const began = one.clock.now().getTime()
    waits.push(await one.once())
    const { fault } = one.job()
    for (let time = 2; time <= MOST_TRIES + 1; time++) waits.push(await one.once())

    expect(fault).toMatchObject({ code: 'CLOUD_BUSY', tries: 1, course: { step: 'syncing', failures: 1 } })
    expect(fault?.course?.againAt?.getTime()).toBe(began + 750)
    expect(waits).toEqual([750, 1500, 3000, 6000, 12_000, undefined])
    expect(one.job()).toMatchObject({ state: 'error', resume: 'syncing', fault: { tries: MOST_TRIES } })
    expect(one.job().fault?.course?.attempts.map(({ what }) => what)).toEqual(
      [1, 2, 3, 4, 5, 6].map((time) => `CLOUD_BUSY: the ${time}. time`),
    )
    const times = one.job().fault?.course?.attempts.map(({ at }) => at.getTime() - began)
    expect(times).toEqual([0, 750, 2250, 5250, 11_250, 23_250])
    expect(one.job().fault?.course?.againAt).toBeNull()
  })

  it('of a sync that moves in between is no Error, however often it comes in a day', async () => {
    const one = failing(
      () => 'CLOUD_BUSY',
      (time) => time * 100 * MIB,
    )

    for (let time = 0; time < 20; time++) {
      expect(await one.once()).toBe(750)
      one.clock.advance(70 * MINUTE)
    }

    expect(one.job()).toMatchObject({ state: 'syncing', fault: { tries: 1, course: { failures: 20 } } })
  })

  it('is an Error at once when it is none', async () => {
    const one = failing(() => 'BALANCE')

    expect(await one.once()).toBeUndefined()
    expect(one.job()).toMatchObject({ state: 'error', fault: { code: 'BALANCE', tries: 0 } })
  })
})
