/** The agent's side of the tracking thread: questions with answers. */
import type { Worker } from 'node:worker_threads'
import { log } from '../../protocol/log.ts'
import {
  startTrackingThread,
  type FromTracking,
  type ToTracking,
  type TrackingCalls,
} from './tracking-thread.ts'

/** A disk that is not tracked, in words; never anything that an order should fail for. */
export class TrackingProblem extends Error {}

/** The same calls, answered later. Rejects with the reason, in words, for a disk that is not tracked. */
export class Tracking {
  private readonly thread: Worker
  private readonly waiting = new Map<
    number,
    { readonly resolve: (answer: unknown) => void; readonly reject: (problem: Error) => void }
  >()
  private asked = 0
  private end: string | undefined

  /** `home`: the agent's home directory. */
  constructor(home: string) {
    this.thread = startTrackingThread(home)
    this.thread.on('message', (message: FromTracking) => {
      const asked = this.waiting.get(message.ask)
      this.waiting.delete(message.ask)
      if ('problem' in message) asked?.reject(new TrackingProblem(message.problem))
      else asked?.resolve(message.answer)
    })
    // Without it the agent compares everything: slower, and never wrong.
    this.thread.on('error', (problem) => this.ended(String(problem)))
    this.thread.on('exit', (code) => this.ended(`exit ${code}`))
  }

  /** Whether its thread has died: another one goes on from the maps and the kernel's records as they are. */
  get isOver(): boolean {
    return this.end !== undefined
  }

  ask<K extends keyof TrackingCalls>(
    call: K,
    ...args: Parameters<TrackingCalls[K]>
  ): Promise<Awaited<ReturnType<TrackingCalls[K]>>> {
    if (this.end !== undefined) return Promise.reject(new TrackingProblem(this.end))
    const ask = ++this.asked
    this.thread.postMessage({ ask, call, args } satisfies ToTracking)
    return new Promise((resolve, reject) =>
      this.waiting.set(ask, { resolve: resolve as (answer: unknown) => void, reject }),
    )
  }

  private ended(because: string): void {
    if (this.end !== undefined) return
    log('error', 'change tracking has ended', { because })
    this.end = 'change tracking has ended in the agent'
    for (const { reject } of this.waiting.values()) reject(new TrackingProblem(this.end))
    this.waiting.clear()
  }
}
