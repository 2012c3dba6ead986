import { describe, expect, it } from 'vitest'
import { bytesChart, chartLines, cutoverChart, timesChart } from '../../../core/commands/chart.ts'
import { forecastSync } from '../../../core/domain/forecast.ts'
import type { Sync } from '../../../core/domain/job.ts'
import { aSync, MINUTE } from '../../support/simulated-syncs.ts'

const GIB = 2 ** 30

/** Of ten minutes, of which four compare; the first is full. */
function syncs(count: number, more: Partial<Sync> = {}): readonly Sync[] {
  return Array.from({ length: count }, (_, at) => {
    const number = count - at
    const figures = {
      ...{ number, startedAt: new Date(number * 3_600_000), totalBytes: 80 * GIB },
      ...{ changedBytes: number * GIB, comparing: 4 * MINUTE, transferring: 4 * MINUTE, imaging: 2 * MINUTE },
      kind: number === 1 ? ('full' as const) : ('incremental' as const),
    }
    const forecast = forecastSync({
      ...{ kind: figures.kind, totalBytes: figures.totalBytes, bytesPerSecond: null, history: [] },
      now: figures.startedAt,
    })
    return { ...aSync({ ...figures, forecast }), ...more }
  })
}

describe('the chart of times', () => {
  it('shows what syncs took between what was foretold, oldest first, in one unit', () => {
    const [chart] = timesChart(syncs(4))

    // The full sync is left out: it would dwarf the others.
    expect(chart?.points).toEqual(['#2', '#3', '#4'])
    expect(chart?.unit).toMatch(/^(min|h)$/)
    const [took, least, most] = chart?.series ?? []
    expect(took?.name).toBe('took')
    expect(new Set(took?.values)).toHaveLength(1)
    for (const [at, value] of (least?.values ?? []).entries())
      expect(value).toBeLessThanOrEqual(most?.values[at] ?? 0)
  })

  it('leaves out a sync that was interrupted, whose time says nothing', () => {
    const [first, ...others] = syncs(4)
    if (first === undefined) throw new Error('there is no sync')

    expect(timesChart([{ ...first, interrupted: true }, ...others])[0]?.points).toEqual(['#2', '#3'])
  })

  it('shows the latest of many, and none of fewer than two', () => {
    expect(timesChart(syncs(40))[0]?.points).toHaveLength(12)
    expect(timesChart(syncs(40))[0]?.points.at(-1)).toBe('#40')
    expect(timesChart(syncs(2))).toEqual([])
    expect(timesChart(syncs(3, { forecast: null }))).toEqual([])
  })
})

describe('the chart of bytes', () => {
  it('shows what had changed and what was sent, without the full sync', () => {
    expect(bytesChart(syncs(3))).toEqual([
      {
        ...{ title: 'Bytes of the last syncs', kind: 'bars', unit: 'GiB', points: ['#2', '#3'] },
        series: [
          { name: 'changed', values: [2, 3] },
          { name: 'sent', values: [1.2, 1.8] },
        ],
      },
    ])
  })

  it('counts no sync that did not end well', () => {
    expect(bytesChart(syncs(3, { result: 'cancelled' }))).toEqual([])
  })
})

describe('the chart of a cutover', () => {
  const [last] = syncs(2)
  if (last === undefined) throw new Error('there is no sync')

  it('shows the last sync of each job beside its forecast, and the downtime once all of them are known', () => {
    const web = { job: 'web-01', sync: last, downtime: 15 * MINUTE }
    const data = { job: 'db-02', sync: last, downtime: 20 * MINUTE }
    expect(cutoverChart([web, data])[0]?.series.map(({ name }) => name)).toEqual([
      'last sync',
      'foretold at most',
      'downtime',
    ])
    expect(cutoverChart([{ ...web, downtime: null }, data])[0]?.series).toHaveLength(2)
  })

  it('is not drawn for one job: the report says it', () => {
    expect(cutoverChart([{ job: 'web-01', sync: last, downtime: null }])).toEqual([])
  })
})

describe('a chart as text', () => {
  it('has a bar for the first of its numbers, and all of them behind it', () => {
    const lines = chartLines({
      ...{ title: 'Times', kind: 'bars', unit: 's', points: ['#9', '#10'] },
      series: [
        { name: 'took', values: [5, 10] },
        { name: 'foretold', values: [20, 10] },
      ],
    })

    expect(lines).toEqual([
      'Times, s',
      '#9   █████░░░░░░░░░░░░░░░ took 5, foretold 20',
      '#10  ██████████░░░░░░░░░░ took 10, foretold 10',
    ])
  })

  it('is drawn of nothing but zeros, too', () => {
    const lines = chartLines({
      ...{ title: 'Bytes', kind: 'bars', unit: 'KiB', points: ['#1'] },
      series: [{ name: 'sent', values: [0] }],
    })
    expect(lines[1]).toBe('#1  ░░░░░░░░░░░░░░░░░░░░ sent 0')
  })
})
