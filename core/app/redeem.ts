/** How a workflow run carries out what was approved for it while it waited at its gate: once, and nothing else. */
import { invocationsMatch, lineOf } from '../commands/read.ts'
import type { Invocation } from '../commands/read.ts'
import type { Approval } from '../domain/approval.ts'
import type { RunKey } from '../ports/github.ts'
import type { Store } from '../ports/store.ts'

export type Redeemed =
  /** Nothing was approved for this run: the command is asked as by anybody else. */
  | { readonly kind: 'nothing' }
  /** To be carried out now, as who asked for it at the gate. */
  | { readonly kind: 'approved'; readonly approval: Approval }
  /** It was carried out already, by this run or, where a person had asked for the same, with the last approval. */
  | { readonly kind: 'used'; readonly approval: Approval }
  /** The run asks for something else than what people agreed to. */
  | { readonly kind: 'other'; readonly approval: Approval; readonly line: string }

/** A run and the environment that its job names, as its token says. */
export interface RunOfGate extends RunKey {
  readonly environment: string | undefined
}

/**
 * What a run may carry out. The run is known by the numbers in its signed token, the gate by the same numbers from
 * GitHub: who asked at the gate needs no second look. Using an approval happens with the change itself, once.
 */
export async function redeem(
  store: Pick<Store, 'gates' | 'approvals'>,
  run: RunOfGate,
  invocation: Invocation,
): Promise<Redeemed> {
  let other: Redeemed = { kind: 'nothing' }
  for (const gate of await store.gates.ofRun(run)) {
    // Another job of the run has not waited at this gate.
    if (gate.environment.toLowerCase() !== run.environment?.toLowerCase()) continue
    const approval = gate.approval === null ? undefined : await store.approvals.byNumber(gate.approval)
    if (approval === undefined || approval.command !== invocation.command) continue
    const agreed = { command: approval.command, raw: approval.args }
    const isLive = approval.status === 'approved' || approval.status === 'used'
    if (!isLive) continue
    if (invocationsMatch(agreed, invocation))
      return { kind: approval.status === 'used' ? 'used' : 'approved', approval }
    // Another job’s gate of the same run is no mistake; the same job with other arguments is.
    if (approval.jobName === invocation.raw['job']) other = { kind: 'other', approval, line: lineOf(agreed) }
  }
  return other
}
