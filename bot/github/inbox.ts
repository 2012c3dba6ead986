/** Carries out what GitHub has sent: claimed from the store, so that any process may be killed at any instant. */
import { randomUUID } from 'node:crypto'
import type { App } from '../../core/app/assemble.ts'
import type { TakenDelivery } from '../../core/app/github.ts'
import { GitHubTrouble } from './trouble.ts'

/** What somebody who died held is taken over after this; whoever lives renews it in time. */
const LEASE_MS = 30_000
const RENEW_MS = 10_000
const AT_ONCE = 8
/** 2 s, 4 s, … 5 min: given up after an hour or so. */
const MOST_TRIES = 16
const KEEP_MS = 30 * 24 * 3_600_000

/** What a delivery led to, in a word or a sentence; throws to be asked again. */
export type CarryOut = (delivery: TakenDelivery) => Promise<string>

/** Carries out all that is due now. Repeatable, by any number of replicas at once. */
export async function emptyInbox(app: App, carryOut: CarryOut, signal: AbortSignal): Promise<void> {
  const { inbox } = app.github
  const owner = randomUUID()
  const renewing = setInterval(() => {
    inbox.renew(owner, LEASE_MS).catch((error: unknown) => app.log.warn('a lease was not renewed', { error }))
  }, RENEW_MS)
  try {
    while (!signal.aborted) {
      const taken = await inbox.claim(owner, LEASE_MS, AT_ONCE)
      if (taken.length === 0) break
      await Promise.all(taken.map((delivery) => carryOne(app, carryOut, delivery, owner)))
    }
  } finally {
    clearInterval(renewing)
  }
}

/** Forgets what was done long ago. GitHub sends nothing again that is older than three days. */
export async function sweepInbox(app: App): Promise<void> {
  await app.github.inbox.sweep(KEEP_MS)
}

async function carryOne(app: App, carryOut: CarryOut, delivery: TakenDelivery, owner: string): Promise<void> {
  const { inbox } = app.github
  const { id, event, place, tries } = delivery
  try {
    await inbox.done(id, owner, await carryOut(delivery))
  } catch (error) {
    const isTrouble = error instanceof GitHubTrouble
    const sentence = error instanceof Error ? error.message : String(error)
    const isHopeless = isTrouble && error.kind !== 'later'
    if (isHopeless || tries + 1 >= MOST_TRIES) {
      app.log.error('a delivery of GitHub was given up', { delivery: id, event, place, tries, error })
      return inbox.done(id, owner, `given up: ${sentence}`.slice(0, 500))
    }
    app.log.warn('a delivery of GitHub is tried again', { delivery: id, event, place, tries, error })
    await inbox.again(id, owner, againMs(tries, isTrouble ? error.waitMs : undefined), sentence.slice(0, 500))
  }
}

/** How long until the next try, after so many that failed. */
export function againMs(tries: number, asked: number | undefined): number {
  return Math.max(asked ?? 0, Math.min(300_000, 2000 * 2 ** Math.min(tries, 10)))
}
