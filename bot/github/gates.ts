/**
 * Gates: workflow runs that wait at an environment. Each is asked about once, in the same request for approval that
 * every door serves, and always answered: GitHub would let the run wait for 30 days.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { App } from '../../core/app/assemble.ts'
import type { Gate } from '../../core/app/github.ts'
import { askFor } from './ask-gate.ts'
import type { Call } from './client.ts'
import type { GateEvent } from './events.ts'
import { linkLines } from '../../core/commands/markdown.ts'
import { evidenceReport, sentenceReport, verdictOf } from './gate-words.ts'
import { againMs } from './inbox.ts'
import type { GitHubParts } from './parts.ts'
import { findRun, isOver, waitingAt } from './runs.ts'
import { GitHubTrouble } from './trouble.ts'

const LEASE_MS = 60_000
const AT_ONCE = 8
/** So many looks at a request that is open, and then one at the run, which somebody may have cancelled. */
const LOOKS_PER_RUN = 60
/** GitHub takes ten status reports; the last word comes with the decision. */
const MOST_REPORTS = 9
const LONGEST_MS = 3_600_000
/** True also where it is told to a run that waits after all. */
const RUN_OVER = 'GitHub called the run over before anything was decided. Run the job again to ask anew.'

/** A run waits: opens its gate; `again`: also when it was answered, for another job of the run asks. Repeatable. */
export async function openGate(
  { app, client }: GitHubParts,
  event: GateEvent,
  again: boolean,
): Promise<string> {
  const call = await client.in(event.repository, event.installation)
  const run = await findRun(call, event.run)
  if (run === undefined || run.status === 'completed') return 'the run is over'
  const gate = {
    ...{ issuer: app.github.issuer(), repository: event.repository },
    repositoryId: String(event.repositoryId),
    ...{ installationId: event.installation ?? 0, environment: event.environment },
    ...{ runId: String(event.run), attempt: String(run.run_attempt) },
  }
  const { id, answeredAt, reason } = await app.github.gates.open(gate, again)
  // GitHub did not know the run for a moment, and the gate was closed without a word: since it waits, it is told now.
  if (!again && answeredAt !== null && reason === RUN_OVER) await app.github.gates.open(gate, true)
  return `gate ${id}`
}

/** Carries every gate that is due one step further. Repeatable, by any number of replicas at once. */
export async function carryGates(parts: GitHubParts, signal: AbortSignal): Promise<void> {
  const { app } = parts
  const owner = randomUUID()
  while (!signal.aborted) {
    const gates = await app.github.gates.claim(owner, LEASE_MS, AT_ONCE)
    if (gates.length === 0) return
    await Promise.all(gates.map((gate) => carryGate(parts, gate, owner)))
  }
}

async function carryGate({ app, client, lookMs }: GitHubParts, gate: Gate, owner: string): Promise<void> {
  const { gates } = app.github
  try {
    const call = await client.in(gate.repository, gate.installationId || undefined)
    if (gate.decision !== null) return await answer(app, call, gate, gate.decision)
    if (gate.approval === null) {
      const isAsked = await ask(app, call, gate)
      // What is asked for is shown at other doors first, so that the evidence leads there.
      return await gates.giveBack(gate.id, owner, isAsked ? lookMs : 0, 0)
    }
    const isOpen = await follow(app, call, gate, gate.approval)
    await gates.giveBack(gate.id, owner, isOpen ? lookMs : 0, isOpen ? gate.tries + 1 : 0)
  } catch (error) {
    const asked = error instanceof GitHubTrouble ? error.waitMs : undefined
    const inMs = Math.max(asked ?? 0, Math.min(LONGEST_MS, againMs(gate.tries, undefined)))
    app.log.warn('a gate is tried again', { gate: gate.id, run: gate.runId, inMs, error })
    await gates.giveBack(gate.id, owner, inMs, gate.tries + 1)
  }
}

/** Finds out what the run wants, and asks for approval; whether others are to decide now. */
async function ask(app: App, call: Call, gate: Gate): Promise<boolean> {
  const { gates } = app.github
  const run = await findRun(call, gate.runId)
  if (run === undefined || isOver(run, gate.attempt)) {
    await close(app, gate)
    return false
  }
  const asked = await askFor(app, gate, run)
  if ('again' in asked) throw new Error(asked.again)
  if ('approval' in asked) {
    const { job, requestedBy, approval } = asked
    await gates.asked(gate.id, { job, requestedBy, approval })
    return true
  }
  await gates.decide(gate.id, asked.decision, asked.reason)
  return false
}

/** Looks how the request stands; whether it is still open. */
async function follow(app: App, call: Call, gate: Gate, number: number): Promise<boolean> {
  const approval = await app.github.approval(number)
  if (approval === undefined) throw new Error(`request ${number} of a gate is gone`)
  const verdict = verdictOf(approval)
  if (verdict !== undefined) {
    await app.github.gates.decide(gate.id, verdict.decision, verdict.reason)
    return false
  }
  const isTime = gate.tries % LOOKS_PER_RUN === LOOKS_PER_RUN - 1
  if (isTime && isOver(await findRun(call, gate.runId), gate.attempt)) await close(app, gate)
  else await report(app, call, gate, evidenceReport(approval, await shownAt(app, gate)))
  return true
}

/** Tells GitHub what was decided. What GitHub does not take is tried again for as long as the run waits. */
async function answer(app: App, call: Call, gate: Gate, state: 'approved' | 'rejected'): Promise<void> {
  try {
    await call('POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule', {
      ...{ run_id: Number(gate.runId), environment_name: gate.environment, state },
      comment: sentenceReport(gate.reason, await shownAt(app, gate)),
    })
  } catch (error) {
    if (!(error instanceof GitHubTrouble) || error.kind === 'later') throw error
    if (isOver(await findRun(call, gate.runId), gate.attempt)) return close(app, gate)
    // GitHub had it, and its own answer was lost: then nothing waits at this environment any more.
    if ((await waitingAt(call, gate.runId)).includes(gate.environment.toLowerCase())) throw error
  }
  await app.github.gates.answered(gate)
}

/** Where the same request is shown at other doors, as Markdown. */
async function shownAt(app: App, { approval }: Gate): Promise<readonly string[]> {
  if (approval === null) return []
  return linkLines(await app.linksOf({ kind: 'approval', id: String(approval) }))
}

/** The run is over, cancelled for one: what was asked for it is worth nothing, unless another gate waits for the same. */
async function close(app: App, gate: Gate): Promise<void> {
  const { gates } = app.github
  await gates.decide(gate.id, 'rejected', RUN_OVER)
  await gates.answered(gate)
  if (gate.approval === null) return
  const others = (await gates.ofApproval(gate.approval)).filter(({ answeredAt }) => answeredAt === null)
  const approval = await app.github.approval(gate.approval)
  if (others.length === 0 && approval?.carriedOutBy === 'run') await app.github.abandon(gate.approval)
}

/** Sends a status report if it says something new. One that GitHub refuses is not worth a gate. */
export async function report(app: App, call: Call, gate: Gate, words: string): Promise<void> {
  const digest = createHash('sha256').update(words).digest('hex')
  if (digest === gate.shown || gate.reports >= MOST_REPORTS) return
  await app.github.gates.reporting(gate.id)
  try {
    await call('POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule', {
      ...{ run_id: Number(gate.runId), environment_name: gate.environment, comment: words },
    })
  } catch (error) {
    if (!(error instanceof GitHubTrouble) || error.kind === 'later') throw error
    app.log.warn('GitHub took no status report', { gate: gate.id, error })
  }
  await app.github.gates.reported(gate.id, digest)
}
