/** The fleet as one table: what the list and the overviews of doors show of each job. */
import { formatCost, formatSum, sumOf } from '../domain/cost.ts'
import { formatDuration, formatTime } from '../domain/duration.ts'
import type { FleetFacts, Need } from '../domain/fleet.ts'
import { lagOf, needsOf } from '../domain/fleet.ts'
import { freezeOf, standingLock } from '../domain/hold.ts'
import type { Freeze, Job, State } from '../domain/job.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { percentDone } from '../domain/pace.ts'
import type { FleetFilter } from '../ports/fleet.ts'
import { SILENCE_MS } from '../ports/machines.ts'
import type { Looking } from './define.ts'
import { nextSyncWords } from './describe-job.ts'
import { freezeWords, lockWords } from './held.ts'
import { nextSteps } from './on-job.ts'
import type { NextStep } from './reply.ts'

/** A job in the table: what people read, and the same for programs where it differs. */
export interface FleetRow {
  readonly job: string
  readonly id: string
  readonly state: State
  /** `Syncing 43 %`, `Error NO_STOCK`. */
  readonly stateWords: string
  /** 0 to 100 of the sync that runs; null when none does. */
  readonly percent: number | null
  readonly lastSync: string
  readonly lastSyncAt: Date | null
  readonly nextSync: string
  readonly nextSyncAt: Date | null
  readonly lag: string
  readonly lagMs: number | null
  /** `2 of 3` */
  readonly keep: string
  /** An hour; empty when nothing is billed. */
  readonly cost: string
  readonly needs: readonly Need[]
  /** Who holds the job, and why; empty when nobody does. */
  readonly held: string
  /** What is legal now. */
  readonly actions: readonly NextStep[]
}

export interface Fleet {
  readonly at: Date
  readonly rows: readonly FleetRow[]
  /** How many jobs there are by state, of those that the filter lets through. */
  readonly counts: Readonly<Partial<Record<State, number>>>
  /** How many wait for a person. */
  readonly needing: number
  /** What all of them cost together. */
  readonly cost: string
  readonly frozen: string | null
}

export interface FleetOptions extends FleetFilter {
  /** Only those that wait for a person. */
  readonly needy?: boolean
}

/** All jobs that the filter lets through, by name. */
export async function describeFleet(
  { store }: Pick<Looking, 'store'>,
  { needy = false, ...filter }: FleetOptions = {},
): Promise<Fleet> {
  const [all, now, ofAll] = await Promise.all([store.fleet.list(filter), store.now(), store.freezes.ofAll()])
  const rows = all.map((facts) => rowOf(facts, now, ofAll))
  const counts: Partial<Record<State, number>> = {}
  for (const { state } of rows) counts[state] = (counts[state] ?? 0) + 1
  return {
    at: now,
    rows: needy ? rows.filter(({ needs }) => needs.length > 0) : rows,
    counts,
    needing: rows.filter(({ needs }) => needs.length > 0).length,
    cost: formatSum(all.flatMap(({ costs }) => costs)),
    frozen: ofAll === undefined ? null : freezeWords(ofAll, now),
  }
}

function rowOf(facts: FleetFacts, now: Date, ofAll: Freeze | undefined): FleetRow {
  const { job, running, last, images, costs } = facts
  const freeze = freezeOf(job, ofAll)
  const percent = running === null ? null : percentDone(running.phase, running.result, running.progress)
  const lagMs = lagOf(facts, now)
  return {
    ...{ job: job.name, id: job.id, state: job.state, percent },
    stateWords: stateWords(job, percent),
    lastSync: last?.endedAt == null ? '' : `#${last.number} ${formatTime(last.endedAt, now)}`,
    lastSyncAt: last?.endedAt ?? null,
    nextSync: nextSyncWords(job, now, freeze),
    nextSyncAt: job.nextSyncAt,
    lag: lagMs === null ? '' : formatDuration(lagMs),
    lagMs,
    keep: `${images} of ${job.keep}`,
    cost: sumOf(costs).map(formatCost).join(', '),
    needs: needsOf(facts, now, SILENCE_MS),
    held: heldWords(job, now, freeze),
    actions: nextSteps(job),
  }
}

function stateWords({ state, fault }: Job, percent: number | null): string {
  if (state === 'error' && fault !== null) return `${STATE_LABELS[state]} ${fault.code}`
  return STATE_LABELS[state] + (state === 'syncing' && percent !== null ? ` ${percent} %` : '')
}

function heldWords(job: Job, now: Date, freeze: Freeze | undefined): string {
  const lock = standingLock(job, now)
  return [
    ...(freeze === undefined ? [] : [`frozen ${freezeWords(freeze, now)}`]),
    ...(lock === undefined ? [] : [`locked ${lockWords(lock, now)}`]),
  ].join('; ')
}
