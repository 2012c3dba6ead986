/**
 * Takes work from the store and carries it out. Any number of runners, in any number of processes, share the same
 * work: each piece is held under a lease that is renewed while it lasts. A runner that dies is followed by another
 * once its leases run out; one that cannot renew stops by itself, before somebody else begins.
 */
import type { Claim } from '../ports/store.ts'
import { carryOut } from './carry-out.ts'
import { heldCloud } from './held-cloud.ts'
import type { Parts } from './parts.ts'

interface Held {
  readonly claim: Claim
  readonly abort: AbortController
  readonly ended: Promise<void>
}

const keyOf = (claim: Claim): string => `${claim.kind}:${claim.id}:${claim.epoch}`

export class Runner {
  readonly #parts: Parts
  readonly #owner: string
  readonly #held = new Map<string, Held>()
  readonly #stopping = new AbortController()
  #renewedAt: number
  #loops: Promise<unknown> = Promise.resolve()

  /** `owner`: unique per process start. */
  constructor(parts: Parts, owner: string) {
    this.#parts = parts
    this.#owner = owner
    this.#renewedAt = parts.clock.now().getTime()
  }

  start(): void {
    this.#loops = Promise.all([this.#claimLoop(), this.#renewLoop()])
  }

  /** Stops taking work, abandons what is held at its next wait, and gives it back so that others go on at once. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const { abort } of this.#held.values()) abort.abort()
    await Promise.allSettled([this.#loops, ...[...this.#held.values()].map(({ ended }) => ended)])
  }

  async #claimLoop(): Promise<void> {
    const { store, settings, log } = this.#parts
    while (!this.#stopping.signal.aborted) {
      const free = settings.concurrency - this.#held.size
      try {
        const claims = free > 0 ? await store.work.claim(this.#owner, settings.leaseMs, free) : []
        for (const claim of claims) this.#take(claim)
        if (claims.length > 0) continue
      } catch (error) {
        log.warn('cannot take work now', { error })
      }
      await store.work.wait(1000, this.#stopping.signal)
    }
  }

  #take(claim: Claim): void {
    const abort = new AbortController()
    const ended = this.#carry(claim, abort.signal).finally(() => this.#held.delete(keyOf(claim)))
    this.#held.set(keyOf(claim), { claim, abort, ended })
  }

  async #carry(claim: Claim, signal: AbortSignal): Promise<void> {
    const { store, log } = this.#parts
    try {
      const cloud = heldCloud(this.#parts.cloud, () => !signal.aborted && !this.#isOverdue())
      const ending = await carryOut({ ...this.#parts, cloud }, claim, signal)
      if (ending !== 'lost') await store.work.giveBack(this.#owner, claim, ending)
      else if (this.#stopping.signal.aborted)
        await store.work.giveBack(this.#owner, claim, { againInMs: 0, tries: claim.tries })
    } catch (error) {
      // The store is out of reach: the lease runs out by itself and the work is taken again.
      log.warn('cannot finish a piece of work now', { work: keyOf(claim), error })
    }
  }

  /** Renews all leases three times within their length; what is no longer held is aborted at once. */
  async #renewLoop(): Promise<void> {
    const { store, settings, clock, log } = this.#parts
    while (!this.#stopping.signal.aborted) {
      await clock.sleep(settings.leaseMs / 3, this.#stopping.signal)
      const held = [...this.#held.values()]
      try {
        if (held.length > 0) {
          const kept = new Set(
            (
              await store.work.renew(
                this.#owner,
                settings.leaseMs,
                held.map(({ claim }) => claim),
              )
            ).map(keyOf),
          )
          for (const { claim, abort } of held) if (!kept.has(keyOf(claim))) abort.abort()
        }
        this.#renewedAt = clock.now().getTime()
      } catch (error) {
        log.warn('cannot renew the leases now', { error })
        if (this.#isOverdue()) for (const { abort } of held) abort.abort()
      }
    }
  }

  /** Whether no lease was renewed for so long that somebody else may hold the work by now. */
  #isOverdue(): boolean {
    const { clock, settings } = this.#parts
    return clock.now().getTime() - this.#renewedAt > settings.leaseMs
  }
}
