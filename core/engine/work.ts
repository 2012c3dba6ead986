/**
 * What a process is given to carry out its part of a job: the job as it stands, and the only ways to change it.
 *
 * A process may be killed at any line and is then run again from its first one, by this or another replica, under a
 * higher epoch. So each of its steps looks before it acts. It ends by returning, by a `Fault`, or by one of the
 * errors below, which mean that the job is no longer its to carry out.
 */
import type { Fault } from '../domain/faults.ts'
import type { Job } from '../domain/job.ts'
import type { Event } from '../domain/life.ts'
import { move } from '../domain/life.ts'
import type { Actor, JobChange } from '../ports/jobs.ts'
import type { Claim } from '../ports/store.ts'
import type { Parts } from './parts.ts'

/** The lease is lost: somebody else carries the work out now. Nothing more may be done. */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
}

/** The job has left the state that this process is for: a person paused or cancelled it. */
export class StateLeft extends Error {
  override name = 'StateLeft'
}

/** The job goes on at once, but under a new epoch: what was ordered under this one must count no more. */
export class EpochOver extends Error {
  override name = 'EpochOver'
}

export const ENGINE: Actor = { person: 'ferry', door: 'engine' }

type Told = Omit<JobChange, 'audit'> & { readonly facts?: JobChange['audit']['facts'] }

export class JobWork {
  readonly parts: Parts
  readonly claim: Claim
  readonly signal: AbortSignal
  #job: Job

  constructor(parts: Parts, claim: Claim, signal: AbortSignal, job: Job) {
    this.parts = parts
    this.claim = claim
    this.signal = signal
    this.#job = job
  }

  /** The job as last loaded. */
  get job(): Job {
    return this.#job
  }

  /** Loads the job. Throws `LeaseLost` or, when it has left the state it was in, `StateLeft`. */
  async look(): Promise<Job> {
    const state = this.#job.state
    await this.#load()
    if (this.#job.state !== state) throw new StateLeft(`${this.#job.name} is ${this.#job.state} now`)
    return this.#job
  }

  /** Moves the job by an event of the life table, with everything that belongs to the move, in one statement. */
  async tell(event: Event, more: (job: Job) => Told = () => ({})): Promise<Job> {
    return this.change(event, (job) => {
      const state = move(job, event)
      if (state === undefined) throw new StateLeft(`${event} is not legal in ${job.state}`)
      const told = more(job)
      return { ...told, set: { state, ...told.set } }
    })
  }

  /** Changes the job without moving it. */
  async change(action: string, decide: (job: Job) => Told): Promise<Job> {
    for (;;) {
      this.signal.throwIfAborted()
      const { facts, ...change } = decide(this.#job)
      const audit = {
        actor: ENGINE,
        action,
        outcome: change.set?.state ?? 'done',
        ...(facts === undefined ? {} : { facts }),
      }
      const after = await this.parts.store.jobs.change(this.#job, { ...change, audit })
      if (after !== undefined) return (this.#job = after)
      await this.look()
    }
  }

  /** Waits; throws `LeaseLost` when the lease is lost meanwhile. */
  async sleep(ms: number): Promise<void> {
    await this.parts.clock.sleep(ms, this.signal)
    if (this.signal.aborted) throw new LeaseLost()
  }

  /**
   * Looks every `everyMs` until `probe` returns something, for at most `forMs`; then throws `late()`.
   * Leaves as soon as the job is no longer in its state.
   */
  async until<T>(
    probe: () => Promise<T | undefined>,
    everyMs: number,
    forMs: number,
    late: () => Fault,
  ): Promise<T> {
    const end = this.parts.clock.now().getTime() + forMs
    for (;;) {
      const found = await probe()
      if (found !== undefined) return found
      if (this.parts.clock.now().getTime() >= end) throw late()
      await this.sleep(everyMs)
      await this.look()
    }
  }

  async #load(): Promise<void> {
    if (this.signal.aborted) throw new LeaseLost()
    const job = await this.parts.store.jobs.byId(this.#job.id)
    if (job === undefined || job.epoch !== this.claim.epoch) throw new LeaseLost()
    this.#job = job
  }
}
