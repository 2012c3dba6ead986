import { costWords } from '../domain/cost.ts'
import { alarmsOf } from '../domain/watchdogs.ts'
import type { Parts } from './parts.ts'

/** The keys that this process has told; the store knows all of them, asking it each time is not needed. */
const MOST_KNOWN = 10_000

/** Looks at all that is under way and tells what people should hear of, each once. Repeatable. */
export function createWatch({ store }: Pick<Parts, 'store'>): () => Promise<void> {
  const known = new Set<string>()
  return async () => {
    const [fleet, approvals, cutovers, open, now] = await Promise.all([
      store.fleet.list(),
      store.approvals.open(),
      store.cutovers.open(),
      store.ledger.open(),
      store.now(),
    ])
    const billed = open
      .filter(({ kind, outlivesJob }) => (kind === 'instance' || kind === 'disk') && !outlivesJob)
      .map((resource) => ({
        ...{ key: resource.key, jobId: resource.jobId, cloudId: resource.cloudId },
        cost: costWords([resource]) ?? 'money, how much is not known yet',
      }))
    if (known.size > MOST_KNOWN) known.clear()
    for (const { key, jobId, ...notice } of alarmsOf({ fleet, approvals, cutovers, billed }, now)) {
      if (known.has(key)) continue
      await store.outbox.addOnce(key, notice, jobId ?? undefined)
      known.add(key)
    }
  }
}
