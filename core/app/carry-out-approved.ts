/**
 * Carries out what was approved and not carried out: whoever approved last does so at once, unless the bot dies or the
 * database is lost between the two. Asked for as that approver, by the very command that they used.
 */
import type { Approval } from '../domain/approval.ts'
import type { CutoverParts } from './carry-cutovers.ts'

/** How long whoever approves is given to carry it out. */
const PATIENCE_MS = 10_000

export type CarryOut = (
  parts: Pick<CutoverParts, 'store' | 'clock' | 'policy' | 'ask' | 'log'>,
) => Promise<void>

/**
 * Only what nobody has tried yet is tried, and once: to whoever was refused it, it is theirs to try again, by the same
 * button. Of any number of replicas that try, one does it: an approval is used once.
 */
export function createCarryOut(patienceMs = PATIENCE_MS): CarryOut {
  /** By number: since when it is known to be approved; null once it was tried. */
  const known = new Map<number, number | null>()
  return async ({ store, clock, policy, ask, log }) => {
    const approved = await store.approvals.approved()
    const now = clock.now().getTime()
    for (const number of known.keys())
      if (!approved.some((each) => each.number === number)) known.delete(number)
    for (const each of approved) {
      const { number, approvedBy } = each
      const since = known.get(number)
      if (since === undefined) known.set(number, now)
      if (since == null || now - since < patienceMs) continue
      known.set(number, null)
      const person = lastOf(approvedBy, policy.people)
      if (person === undefined || (await wasRefused(store, each))) continue
      const reply = await ask(
        { command: 'approve', raw: { request: String(number) } },
        { person, door: 'engine' },
        { confirmed: true },
      )
      // Without the database nothing was tried.
      if (reply.code === 'unavailable') known.set(number, now)
      log.info('what was approved is carried out late', { request: number, code: reply.code })
    }
  }
}

/** Whether it was tried and refused since the last of its approvals: somebody has been told so. */
async function wasRefused(store: CutoverParts['store'], approval: Approval): Promise<boolean> {
  const { number, jobId, command, requestedAt } = approval
  const rows = await store.audit.of([jobId], requestedAt, await store.now())
  const at = rows.findLast(
    ({ action, outcome, facts }) =>
      action === 'approve' && outcome === 'approved' && facts?.['request'] === number,
  )?.seq
  return rows.some(
    ({ action, outcome, seq }) => action === command && outcome.startsWith('refused') && seq > (at ?? 0),
  )
}

function lastOf<P extends { readonly name: string }>(
  approvedBy: Approval['approvedBy'],
  people: readonly P[],
): P | undefined {
  return people.find(({ name }) => name === approvedBy.at(-1))
}
