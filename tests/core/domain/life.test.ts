import { describe, expect, it } from 'vitest'
import type { State } from '../../../core/domain/job.ts'
import { STATE_LABELS, STATES } from '../../../core/domain/job.ts'
import type { Event } from '../../../core/domain/life.ts'
import {
  askableIn,
  ENDED,
  eventsIn,
  labels,
  legalPairs,
  move,
  RESUMABLE,
  WORKING,
} from '../../../core/domain/life.ts'

const at = (state: State, resume: (typeof RESUMABLE)[number] | null = null) => ({ state, resume })

describe('the life of a job', () => {
  it.each<[State, Event, State]>([
    ['ready', 'start', 'preparing'],
    ['preparing', 'prepared', 'syncing'],
    ['syncing', 'synced', 'waiting'],
    ['waiting', 'due', 'syncing'],
    ['waiting', 'sync', 'syncing'],
    ['waiting', 'last-sync', 'syncing'],
    ['syncing', 'finished', 'completing'],
    ['waiting', 'complete', 'completing'],
    ['completing', 'completed', 'completed'],
    ['syncing', 'pause', 'pausing'],
    ['pausing', 'paused', 'paused'],
    ['waiting', 'pause', 'paused'],
    ['syncing', 'cancel', 'cancelling'],
    ['cancelling', 'cancelled', 'cancelled'],
    ['error', 'clear', 'clearing'],
    ['clearing', 'cleared', 'cleared'],
  ])('leads from %s by %s to %s', (from, event, to) => {
    expect(move(at(from), event)).toBe(to)
  })

  it.each(RESUMABLE)('S7, S20: resume and retry lead back to %s when that is what was left', (left) => {
    expect(move(at('paused', left), 'resume')).toBe(left)
    expect(move(at('error', left), 'retry')).toBe(left)
  })

  it('S12: complete is legal in Waiting only', () => {
    expect(STATES.filter((state) => move(at(state), 'complete') !== undefined)).toEqual(['waiting'])
    expect(STATES.filter((state) => move(at(state), 'last-sync') !== undefined)).toEqual(['waiting'])
  })

  it('S13: after completion nothing syncs, neither by itself nor by hand', () => {
    expect(eventsIn('completed')).toEqual(['clear'])
  })

  it('has no way out of Cleared', () => {
    expect(eventsIn('cleared')).toEqual([])
  })

  it('I12: leads from every state to Cleared within five moves that people or the engine make', () => {
    for (const from of STATES) {
      let reached: State[] = [from]
      for (let moves = 0; moves < 5 && !reached.includes('cleared'); moves++)
        reached = [
          ...new Set(
            reached.flatMap((state) => [
              state,
              ...legalPairs()
                .filter(([a]) => a === state)
                .map(([, b]) => b),
            ]),
          ),
        ]
      expect(reached, `from ${from}`).toContain('cleared')
    }
  })

  it('S20: every state in which the engine works can end in Error', () => {
    for (const state of WORKING) expect(move(at(state), 'fault')).toBe('error')
  })

  it('offers in each state only what is legal there', () => {
    for (const state of STATES)
      for (const name of askableIn(state)) expect(move(at(state, 'syncing'), name)).toBeDefined()
    expect(askableIn('waiting')).toEqual(['sync', 'complete', 'pause', 'drill', 'cancel'])
    expect(askableIn('error')).toEqual(['retry', 'cancel', 'clear'])
  })

  it('says each state in the words that people read', () => {
    expect(labels(['waiting', 'drill-exception'])).toBe('Waiting or Drill Exception')
    expect(labels(ENDED)).toBe('Completed, Cancelled or Cleared')
    expect(Object.keys(STATE_LABELS)).toEqual([...STATES])
  })
})
