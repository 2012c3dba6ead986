import type { Job, ResumeState, State } from './job.ts'
import { STATE_LABELS, STATES } from './job.ts'

/**
 * The whole life of a job. What is not listed here cannot happen: commands and engine ask `move`, and the
 * database refuses any other pair of states by a trigger that is filled from this table.
 *
 * `resume` stands for the state that the job left when it was paused or failed (`Job.resume`).
 *
 * Asked by people, as commands of the same name: start, sync, complete, pause, resume, retry, cancel, clear, drill.
 * Told by the engine: the past participles, and `fault`. By the clock: `due`.
 */
const MOVES = {
  ready: { start: 'preparing', drill: 'drilling', cancel: 'cancelling', clear: 'clearing' },
  preparing: { prepared: 'syncing', pause: 'pausing', cancel: 'cancelling', fault: 'error' },
  syncing: {
    synced: 'waiting',
    finished: 'completing',
    pause: 'pausing',
    cancel: 'cancelling',
    fault: 'error',
  },
  waiting: {
    due: 'syncing',
    sync: 'syncing',
    'last-sync': 'syncing',
    complete: 'completing',
    pause: 'paused',
    drill: 'drilling',
    cancel: 'cancelling',
    fault: 'error',
  },
  pausing: { paused: 'paused', cancel: 'cancelling', fault: 'error' },
  paused: { resume: 'resume', cancel: 'cancelling', clear: 'clearing', fault: 'error' },
  error: { retry: 'resume', cancel: 'cancelling', clear: 'clearing' },
  drilling: { drilled: 'resume', critical: 'drill-exception', cancel: 'cancelling', fault: 'error' },
  'drill-exception': { drill: 'drilling', cancel: 'cancelling', clear: 'clearing' },
  completing: { completed: 'completed', fault: 'error' },
  completed: { clear: 'clearing' },
  cancelling: { cancelled: 'cancelled', fault: 'error' },
  cancelled: { clear: 'clearing' },
  clearing: { cleared: 'cleared', fault: 'error' },
  cleared: {},
} as const satisfies Record<State, Partial<Record<string, State | 'resume'>>>

type Keys<T> = T extends unknown ? keyof T : never
export type Event = Keys<(typeof MOVES)[State]>

/** What `resume` may stand for. */
export const RESUMABLE: readonly ResumeState[] = [
  'ready',
  'preparing',
  'syncing',
  'waiting',
  'completing',
  'cancelling',
  'clearing',
]

/** Where `event` leads a job, or undefined when it is not legal now. */
export function move(job: Pick<Job, 'state' | 'resume'>, event: Event): State | undefined {
  const moves: Partial<Record<Event, State | 'resume'>> = MOVES[job.state]
  const to = moves[event]
  return to === 'resume' ? (job.resume ?? undefined) : to
}

/** The states in which `event` is legal, in the order of the table. */
export function statesAllowing(event: Event): readonly State[] {
  return STATES.filter((state) => event in MOVES[state])
}

/** What may happen to a job in this state. */
export function eventsIn(state: State): readonly Event[] {
  return Object.keys(MOVES[state]) as Event[]
}

/** Every legal pair of states, `resume` spelled out: what the database's trigger allows. */
export function legalPairs(): readonly (readonly [State, State])[] {
  return STATES.flatMap((from) => {
    const targets: readonly (State | 'resume')[] = Object.values(MOVES[from])
    return targets
      .flatMap((to): readonly State[] => (to === 'resume' ? RESUMABLE : [to]))
      .map((to) => [from, to] as const)
  })
}

/** The events that people ask for by a command of the same name, in the order help shows them. */
export const ASKABLE = [
  'start',
  'sync',
  'complete',
  'pause',
  'resume',
  'retry',
  'drill',
  'cancel',
  'clear',
] as const

/** What people may ask of a job in this state. */
export function askableIn(state: State): readonly (typeof ASKABLE)[number][] {
  const events = eventsIn(state)
  return ASKABLE.filter((event) => events.includes(event))
}

/** States in which the engine has something to carry out. */
export const WORKING: readonly State[] = [
  'preparing',
  'syncing',
  'pausing',
  'drilling',
  'completing',
  'cancelling',
  'clearing',
]

/** States that a job never leaves by itself and in which nothing of it costs money but images. */
export const ENDED: readonly State[] = ['completed', 'cancelled', 'cleared']

/** Whether no sync can come any more: the job has ended or is on its way there. */
export function isOver(state: State): boolean {
  return ENDED.includes(state) || state === 'completing' || state === 'cancelling' || state === 'clearing'
}

/** `Waiting or Paused`, for sentences. */
export function labels(states: readonly State[]): string {
  const words = states.map((state) => STATE_LABELS[state])
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`
}
