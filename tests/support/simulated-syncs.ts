/** Servers that exist in arithmetic only: their syncs take what disk, network and cloud make of what has changed. */
import type { Forecast } from '../../core/domain/forecast.ts'
import { forecastSync, scoreOf } from '../../core/domain/forecast.ts'
import type { Sync } from '../../core/domain/job.ts'
import { NO_PROGRESS } from '../../core/domain/job.ts'

export const MINUTE = 60_000
const HOUR = 60 * MINUTE

interface SyncFigures {
  readonly number: number
  readonly startedAt: Date
  readonly totalBytes: number
  readonly changedBytes: number
  /** Milliseconds. */
  readonly comparing: number
  readonly transferring: number
  readonly imaging: number
  readonly kind?: Sync['kind']
  readonly forecast?: Forecast
}

/** A sync that went through in one go and took this. */
export function aSync(figures: SyncFigures): Sync {
  const { number, startedAt, totalBytes, changedBytes, comparing, transferring, imaging } = figures
  const after = (ms: number): Date => new Date(startedAt.getTime() + ms)
  return {
    ...{
      id: `sync-${number}`,
      jobId: 'job',
      number,
      kind: figures.kind ?? 'incremental',
      trigger: 'schedule',
    },
    ...{
      askedBy: 'schedule',
      page: null,
      phase: 'imaging',
      result: 'ok',
      imageId: null,
      tries: 1,
      interrupted: false,
      servicesStopped: false,
      instant: null,
    },
    ...{ startedAt, orderedAt: startedAt, transferredAt: after(comparing + transferring) },
    endedAt: after(comparing + transferring + imaging),
    transferringMs: transferring,
    forecast: figures.forecast ?? null,
    progress: {
      ...NO_PROGRESS,
      totalBytes,
      comparedBytes: totalBytes,
      changedBytes,
      wireBytes: changedBytes * 0.6,
    },
  }
}

/** Chance that comes out the same for the same seed (mulberry32): 0 up to, not including, 1. */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Outcome {
  readonly verdict: string | undefined
  readonly basis: number
  /** The upper end of the interval over its lower end. */
  readonly width: number
}

/**
 * Twelve syncs of one server, each foretold from those before it. Its disk reads, its network sends `megabytes` per
 * second, and now and then something else is going on. What was written twice is sent once; syncs by hand come in
 * between the scheduled ones. `scattered`: transfer hides behind comparison until it is the slower of the two.
 */
export function aServer(
  chance: () => number,
  layout: 'clustered' | 'scattered',
  megabytes: number,
): readonly Outcome[] {
  const between = (low: number, high: number): number => low * (high / low) ** chance()
  const noise = (spread: number): number =>
    Math.exp(spread * Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance()))
  const disturbance = (): number => (chance() < 0.05 ? between(1.5, 4) : 1)
  const totalBytes = between(20e9, 2e12)
  const [reading, snapshotting] = [between(80_000, 800_000), between(40_000, 400_000)]
  const sending = megabytes * 1000
  const everyMs = between(1, 48) * HOUR
  const [changesADay, growth] = [between(0.002, 0.1), between(0.5, 1)]
  let history: readonly Sync[] = []
  let now = Date.parse('2026-11-01T00:00:00Z')
  const outcomes: Outcome[] = []
  for (let number = 1; number <= 12; number++) {
    const kind = number === 1 ? 'full' : 'incremental'
    const facts = { kind, totalBytes, history, bytesPerSecond: null, now: new Date(now) } as const
    const forecast = forecastSync(facts)
    const since = number === 1 ? 0 : now - (history[0]?.startedAt.getTime() ?? 0)
    const share = Math.min(1, changesADay * (since / (24 * HOUR)) ** growth * noise(0.3))
    const changedBytes = kind === 'full' ? totalBytes * between(0.3, 0.9) : totalBytes * share
    const read = (totalBytes / reading) * noise(0.1) * disturbance()
    const sent = (changedBytes / sending) * noise(0.15) * disturbance()
    const waits = layout === 'clustered' && kind !== 'full' ? sent : Math.max(0, sent - read)
    const imaging = (30_000 + 60_000 * noise(0.2) + changedBytes / snapshotting) * disturbance()
    const took = { comparing: read + 1000, transferring: waits, imaging }
    const sync = aSync({
      number,
      kind,
      startedAt: new Date(now),
      totalBytes,
      changedBytes,
      ...took,
      forecast,
    })
    outcomes.push({
      verdict: scoreOf(sync)?.verdict,
      basis: forecast.basis,
      width: forecast.total.high / Math.max(1, forecast.total.low),
    })
    history = [sync, ...history]
    now += took.comparing + waits + imaging + everyMs * (chance() < 0.2 ? between(0.1, 1) : 1)
  }
  return outcomes
}
