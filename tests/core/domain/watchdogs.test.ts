import { describe, expect, it } from 'vitest'
import type { Approval } from '../../../core/domain/approval.ts'
import type { Cutover } from '../../../core/domain/cutover.ts'
import type { FleetFacts } from '../../../core/domain/fleet.ts'
import type { Job, Sync } from '../../../core/domain/job.ts'
import type { Watched } from '../../../core/domain/watchdogs.ts'
import { alarmsOf } from '../../../core/domain/watchdogs.ts'

const now = new Date('2026-11-28T14:00:00Z')
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000)

function fleet(job: Partial<Job>, more: Partial<Omit<FleetFacts, 'running'>> = {}, running?: Partial<Sync>) {
  const base = { id: 'j1', name: 'web-01', state: 'syncing', completing: false, windows: [], lock: null }
  const sync = {
    id: 's1',
    number: 4,
    phase: 'transferring',
    tries: 1,
    startedAt: ago(60),
    orderedAt: ago(60),
  }
  return {
    job: { endedAt: null, ...base, ...job } as unknown as Job,
    running: running === undefined ? null : ({ ...sync, ...running } as Sync),
    ...{ movedAt: null, last: null, images: 0, verdict: null, costs: [], unpriced: 0, approvals: [] },
    ...{ seenAt: now, ...more },
  } satisfies FleetFacts
}
const approval = (more: Partial<Approval> = {}) =>
  ({
    ...{ number: 17, command: 'complete', jobName: 'web-01', jobId: 'j1', status: 'open', needed: 2 },
    ...{ approvedBy: ['paula'], requestedAt: ago(51), expiresAt: ago(-9), ...more },
  }) as Approval
const cutover = (more: Partial<Cutover> = {}) =>
  ({
    ...{ number: 3, startedAt: ago(6), roles: { lead: 'olga' }, offers: [] },
    ...{ jobs: [{ jobId: 'j1', job: 'web-01', ticks: {}, obstacle: null }], ...more },
  }) as unknown as Cutover
const alarms = (watched: Partial<Watched>) =>
  alarmsOf({ fleet: [], approvals: [], cutovers: [], billed: [], ...watched }, now)
const titles = (watched: Partial<Watched>) => alarms(watched).map(({ title }) => title)

describe('a watchdog of syncs', () => {
  it.each<[string, Partial<Job>, Date | null, Partial<Sync>, string | undefined]>([
    ['moves', {}, ago(1), {}, undefined],
    ['has stood still', {}, ago(3), {}, 'has not moved for 3m while transferring'],
    ['was never heard of', {}, null, {}, 'has not moved for 1h while transferring'],
    ['makes its image', {}, ago(10), { phase: 'imaging' }, undefined],
    ['makes no image', {}, ago(21), { phase: 'imaging' }, 'has not moved for 21m while imaging'],
    ['gets no intermediate', { state: 'preparing' }, null, {}, 'while its intermediate is got ready'],
    ['is paused', { state: 'paused' }, ago(60), {}, undefined],
    ['has failed', { state: 'error' }, ago(60), {}, undefined],
  ])('of one that %s', (_what, job, movedAt, running, title) => {
    const found = titles({ fleet: [fleet(job, { movedAt }, running)] })
    if (title === undefined) expect(found).toEqual([])
    else expect(found).toEqual([expect.stringContaining(title)])
  })

  it('has one key as long as the same standstill lasts, and another after a new order', () => {
    const keyOf = (movedAt: Date, tries: number) =>
      alarms({ fleet: [fleet({}, { movedAt }, { tries })] })[0]?.key
    expect(keyOf(ago(3), 1)).toBe(keyOf(ago(9), 1))
    expect(keyOf(ago(3), 2)).not.toBe(keyOf(ago(3), 1))
  })
})

describe('a watchdog of what runs out', () => {
  const windows = ['2026-11-28 10:00-14:20 UTC']

  it('tells of a request that nobody decides on', () => {
    expect(titles({ approvals: [approval()] })).toEqual([
      'Request 17, complete web-01, expires in 9m: 1 of 2 have agreed',
    ])
    expect(titles({ approvals: [approval({ expiresAt: ago(-11) })] })).toEqual([])
    expect(titles({ approvals: [approval({ requestedAt: ago(1) })] })).toEqual([])
    expect(titles({ approvals: [approval({ expiresAt: ago(1) })] })).toEqual([])
  })

  it('tells of a window that closes while a cutover is not done', () => {
    const told = ['The window of web-01 closes in 20m, and its cutover is not done']
    expect(titles({ fleet: [fleet({ windows, completing: true })] })).toEqual(told)
    expect(titles({ fleet: [fleet({ windows, state: 'waiting' })], cutovers: [cutover()] })).toEqual(told)
    expect(titles({ fleet: [fleet({ windows, state: 'waiting' })] })).toEqual([])
    expect(titles({ fleet: [fleet({ windows, state: 'completed', completing: true })] })).toEqual([])
    expect(titles({ fleet: [fleet({ windows: ['2026-11-28 10:00-15:00 UTC'], completing: true })] })).toEqual(
      [],
    )
  })

  it('tells of a lock that ends, unless it was short from the beginning', () => {
    const lock = { by: 'olga', at: ago(60), reason: 'cutover', until: ago(-5) }
    expect(titles({ fleet: [fleet({ lock })] })).toEqual(['The lock of web-01 by olga ends in 5m: cutover'])
    expect(titles({ fleet: [fleet({ lock: { ...lock, at: ago(1) } })] })).toEqual([])
    expect(titles({ fleet: [fleet({ lock: { ...lock, until: ago(-11) } })] })).toEqual([])
    expect(titles({ fleet: [fleet({ lock: { ...lock, until: ago(1) } })] })).toEqual([])
  })
})

describe('a watchdog of money', () => {
  const billed = [{ key: 'k1', jobId: 'j1', cloudId: 'i-1', cost: 'CNY 0.2 an hour' }]
  const of = (minutes: number, state: Job['state'] = 'completed') =>
    alarms({ fleet: [fleet({ state, endedAt: ago(minutes) })], billed })

  it('S22: tells of what is still billed after the end of its job, once a day', () => {
    expect(of(16).map(({ title }) => title)).toEqual([
      'i-1 of web-01 is still billed 16m after its end: it costs CNY 0.2 an hour',
    ])
    expect(of(14)).toEqual([])
    expect(of(60, 'error')).toEqual([])
    const keys = [20, 23 * 60, 25 * 60].map((minutes) => of(minutes)[0]?.key)
    expect(keys[0]).toBe(keys[1])
    expect(keys[1]).not.toBe(keys[2])
  })
})

describe('a watchdog of cutovers', () => {
  it('tells that nobody leads, and that somebody has not accepted', () => {
    const offer = { role: 'lead', to: 'pete', by: 'olga', at: ago(6) } as const
    expect(titles({ cutovers: [cutover({ roles: {}, offers: [offer] })] })).toEqual([
      'Nobody leads cutover 3 of web-01 yet',
    ])
    expect(titles({ cutovers: [cutover({ roles: {}, startedAt: ago(4) })] })).toEqual([])
    expect(titles({ cutovers: [cutover({ offers: [offer] })] })).toEqual([])
    expect(titles({ cutovers: [cutover({ offers: [{ ...offer, at: ago(11) }] })] })).toEqual([
      'pete has not accepted yet to be lead of cutover 3, as olga asked',
    ])
  })
})
