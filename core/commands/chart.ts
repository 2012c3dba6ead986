/** Charts: what syncs took and sent, to be compared at a glance, and how a door draws one that can show only text. */
import { scoreOf } from '../domain/forecast.ts'
import type { Sync } from '../domain/job.ts'
import { drawBar } from './progress.ts'
import type { Chart } from './reply.ts'

/** So many points are drawn; older ones say little of now. */
const MOST_POINTS = 12
/** Fewer are told better in words. */
const FEWEST_POINTS = 2
const BAR_WIDTH = 20

interface Unit {
  readonly name: string
  readonly size: number
}

const TIMES: readonly Unit[] = [
  { name: 'h', size: 3_600_000 },
  { name: 'min', size: 60_000 },
  { name: 's', size: 1000 },
]
const BYTES: readonly Unit[] = [
  { name: 'TiB', size: 1024 ** 4 },
  { name: 'GiB', size: 1024 ** 3 },
  { name: 'MiB', size: 1024 ** 2 },
  { name: 'KiB', size: 1024 },
]

/**
 * What the last syncs took against what was foretold when they began. `syncs`: newest first. The full sync, which sends
 * all, would dwarf the others.
 */
export function timesChart(syncs: readonly Sync[]): readonly Chart[] {
  const scored = laterOnes(syncs).flatMap((sync) => {
    const { actualMs = null } = scoreOf(sync) ?? {}
    return actualMs === null || sync.forecast === null
      ? []
      : [{ name: `#${sync.number}`, actualMs, foretold: sync.forecast.total }]
  })
  return chartOf('Time of the last syncs', 'lines', TIMES, scored, [
    { name: 'took', of: ({ actualMs }) => actualMs },
    { name: 'foretold at least', of: ({ foretold }) => foretold.low },
    { name: 'foretold at most', of: ({ foretold }) => foretold.high },
  ])
}

/** What had changed on the source and what was sent of it. `syncs`: newest first; without the full sync, too. */
export function bytesChart(syncs: readonly Sync[]): readonly Chart[] {
  const sent = laterOnes(syncs)
    .filter(({ result }) => result === 'ok')
    .map(({ number, progress }) => ({ name: `#${number}`, progress }))
  return chartOf('Bytes of the last syncs', 'bars', BYTES, sent, [
    { name: 'changed', of: ({ progress }) => progress.changedBytes },
    { name: 'sent', of: ({ progress }) => progress.wireBytes },
  ])
}

export interface CutOver {
  readonly job: string
  readonly sync: Sync
  /** Milliseconds; null while it is not known. */
  readonly downtime: number | null
}

/** Of the jobs of a cutover: the last sync against its forecast, and how long their services were down. */
export function cutoverChart(jobs: readonly CutOver[]): readonly Chart[] {
  const scored = jobs.flatMap(({ job, sync, downtime }) => {
    const { actualMs = null } = scoreOf(sync) ?? {}
    return actualMs === null || sync.forecast === null
      ? []
      : [{ name: job, actualMs, most: sync.forecast.total.high, downtime }]
  })
  return chartOf('Last syncs and downtime', 'bars', TIMES, scored, [
    { name: 'last sync', of: ({ actualMs }) => actualMs },
    { name: 'foretold at most', of: ({ most }) => most },
    ...(scored.every(({ downtime }) => downtime !== null)
      ? [{ name: 'downtime', of: ({ downtime }: { downtime: number | null }) => downtime ?? 0 }]
      : []),
  ])
}

/** Oldest first. */
const laterOnes = (syncs: readonly Sync[]): readonly Sync[] =>
  syncs.filter(({ kind }) => kind !== 'full').reverse()

function chartOf<P extends { readonly name: string }>(
  title: string,
  kind: Chart['kind'],
  units: readonly Unit[],
  all: readonly P[],
  series: readonly { readonly name: string; readonly of: (point: P) => number }[],
): readonly Chart[] {
  const points = all.slice(-MOST_POINTS)
  if (points.length < FEWEST_POINTS) return []
  const most = Math.max(...points.flatMap((point) => series.map(({ of }) => of(point))))
  const unit = units.find(({ size }) => most >= size) ?? units.at(-1) ?? { name: '', size: 1 }
  return [
    {
      ...{ title, kind, unit: unit.name, points: points.map(({ name }) => name) },
      series: series.map(({ name, of }) => ({
        name,
        values: points.map((point) => rounded(of(point) / unit.size)),
      })),
    },
  ]
}

/** Three significant digits, as everywhere. */
const rounded = (value: number): number => Number(value.toPrecision(3))

/** The same as text: the first series as bars, the others in numbers behind it. */
export function chartLines({ title, unit, points, series }: Chart): readonly string[] {
  const [first] = series
  if (first === undefined) return []
  const most = Math.max(...series.flatMap(({ values }) => values))
  const width = Math.max(...points.map((point) => point.length))
  return [
    `${title}, ${unit}`,
    ...points.map((point, at) => {
      const numbers = series.map(({ name, values }) => `${name} ${values[at] ?? 0}`)
      const done = most === 0 ? 0 : (first.values[at] ?? 0) / most
      return `${point.padEnd(width)}  ${drawBar(done, BAR_WIDTH)} ${numbers.join(', ')}`
    }),
  ]
}
