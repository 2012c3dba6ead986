/** Ferry without its doors: who may say what, and what is answered. Adapters are handed in. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Bundles } from '../adapters/agents/bundles.ts'
import type { Asker, Command, Context, Gate } from '../commands/define.ts'
import { execute, refuseWithoutRight } from '../commands/execute.ts'
import { WORKFLOW_RUN } from '../commands/final-step.ts'
import type { Invocation } from '../commands/read.ts'
import { lineOf, readInvocation } from '../commands/read.ts'
import type { Reply } from '../commands/reply.ts'
import { done, Refusal } from '../commands/reply.ts'
import { FAULTS } from '../domain/faults.ts'
import type { Approval } from '../domain/approval.ts'
import type { Policy } from '../domain/policy.ts'
import type { Clock } from '../ports/clock.ts'
import type { Actor } from '../ports/jobs.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../ports/store.ts'
import { StoreUnreachable } from '../ports/store.ts'
import { answerOnce } from './answer-once.ts'
import { rehearsing, WouldWrite } from './rehearse.ts'
import type { RunOfGate } from './redeem.ts'
import { redeem } from './redeem.ts'

/** Somebody that a door has recognised. */
export interface Who {
  readonly person: Asker
  readonly door: Actor['door']
  /** What else is known of them, for the audit. */
  readonly facts?: Actor['facts']
  /** The workflow run that asks, as its signed token names it: it may carry out what was approved at its gate. */
  readonly run?: RunOfGate
  /** Where people see it. */
  readonly page?: string | undefined
}

export interface AskOptions {
  /** The person has seen what cannot be taken back and said yes. */
  readonly confirmed?: boolean
  /** Only ask for it, as a workflow run that waits at a gate does. */
  readonly gate?: Gate
  /** Arguments beside those in the text, raw. */
  readonly args?: Readonly<Record<string, string>>
  /** One key is carried out once, and answered the same whenever it comes again. */
  readonly key?: string
  /** Checks everything and changes nothing. */
  readonly dryRun?: boolean
}

/** Answers a command, as text or already read. Never throws: what nobody expected is answered with a reference. */
export type Ask = (asked: string | Invocation, who: Who, options?: AskOptions) => Promise<Reply>

export interface AskParts {
  readonly store: Store
  readonly clock: Clock
  /** The one in force at this moment. */
  readonly policy: () => Policy
  readonly catalogue: readonly Command[]
  readonly serverUrl: string
  readonly bundles: Pick<Bundles, 'agentDigest'>
  readonly log: Log
}

export function createAsk(parts: AskParts): Ask {
  const run = (
    invocation: Invocation,
    who: Who,
    {
      confirmed = false,
      approval,
      gate,
      store = parts.store,
      secret = readableSecret,
    }: Partial<Pick<Context, 'confirmed' | 'approval' | 'gate' | 'store' | 'secret'>> = {},
  ): Promise<Reply> =>
    execute(invocation, parts.catalogue, {
      person: who.person,
      actor: {
        ...{ person: who.person.name, door: who.door },
        ...(who.facts === undefined ? {} : { facts: who.facts }),
        ...(who.page === undefined ? {} : { page: who.page }),
      },
      store,
      clock: parts.clock,
      policy: parts.policy(),
      confirmed,
      approval,
      gate,
      secret,
      serverUrl: parts.serverUrl,
      agentDigest: parts.bundles.agentDigest,
      runApproved: (approved) => runApproved(approved, { door: who.door }, store),
    } satisfies Omit<Context, 'invocation' | 'catalogue'>)

  // What was approved runs as the person who asked for it, with the rights they have now.
  const runApproved = async (
    approval: Approval,
    how: Pick<Who, 'door' | 'facts'>,
    store: Store,
  ): Promise<Reply> => {
    const person = parts.policy().people.find((candidate) => candidate.name === approval.requestedBy)
    if (person === undefined)
      throw new Refusal(
        'not-allowed',
        `${approval.requestedBy}, who asked for it, is no longer in the policy file.`,
      )
    return run(
      { command: approval.command, raw: approval.args },
      { ...how, person, page: approval.evidence[WORKFLOW_RUN] },
      { confirmed: true, approval, store },
    )
  }

  // Nothing will happen that could not be taken back: there is nothing to confirm.
  const rehearse = async (invocation: Invocation, who: Who): Promise<Reply> => {
    try {
      return await run(invocation, who, { confirmed: true, store: rehearsing(parts.store) })
    } catch (error) {
      if (!(error instanceof WouldWrite)) throw error
      const needsOthers = error.call === 'approvals.request'
      return done(
        needsOthers ? 'would-ask-approval' : 'would-be-done',
        `${lineOf(invocation)} is possible now${needsOthers ? ', and would ask others for approval' : ''}; nothing was done.`,
        invocation.raw['job'] === undefined ? {} : await lookAt(invocation.raw['job'], who),
      )
    }
  }

  const lookAt = async (job: string, who: Who): Promise<Partial<Reply>> => {
    const { outcome, facts, data = {} } = await run(statusOf(job), who)
    return outcome === 'refused' ? {} : { facts, data }
  }

  /** What was approved at the gate of the run that asks, carried out; undefined when nothing was. */
  const runRedeemed = async (invocation: Invocation, who: Who): Promise<Reply | undefined> => {
    const command = parts.catalogue.find(({ name }) => name === invocation.command)
    if (who.run === undefined || command?.effect !== 'final') return undefined
    const redeemed = await redeem(parts.store, who.run, invocation)
    if (redeemed.kind === 'nothing') return undefined
    refuseWithoutRight(who.person, command, invocation.raw)
    const { approval } = redeemed
    const { number, jobName } = approval
    if (redeemed.kind === 'approved')
      return runApproved(approval, { door: who.door, ...(who.facts && { facts: who.facts }) }, parts.store)
    if (redeemed.kind === 'other')
      throw new Refusal(
        'not-what-was-approved',
        `Request ${number}, which this run has waited for, is about \`${redeemed.line}\`; the step asks something else. Nothing was done.`,
      )
    return {
      ...{ outcome: 'accepted', code: 'carried-out', facts: {}, ...(await lookAt(jobName, who)) },
      title: `Request ${number} was carried out already: ${approval.command} ${jobName} is on its way or done.`,
    }
  }

  return async (asked, who, options = {}) => {
    try {
      const read = typeof asked === 'string' ? readInvocation(asked, parts.catalogue) : asked
      const invocation = { command: read.command, raw: { ...read.raw, ...options.args } }
      const { key, confirmed = false, gate } = options
      if (options.dryRun === true) return await rehearse(invocation, who)
      const carryOut = async (as: Who, secret = readableSecret): Promise<Reply> =>
        (await runRedeemed(invocation, as)) ?? (await run(invocation, as, { confirmed, gate, secret }))
      if (key === undefined) return await carryOut(who)
      const sender = { ...who, facts: { ...who.facts, key } }
      const secrets: string[] = []
      const secret = (): string => secrets[secrets.push(readableSecret()) - 1] ?? ''
      return await answerOnce(key, JSON.stringify([who.person.name, invocation, confirmed]), {
        store: parts.store,
        secrets,
        run: () => carryOut(sender, secret),
        already: async (entry) => {
          // A request for approval that was made is found again by asking once more; so is a refusal.
          if (/^(approval asked|refused)/.test(entry.outcome)) return carryOut(sender, secret)
          const now = entry.job === null ? undefined : await run(statusOf(entry.job), who)
          return {
            ...{ facts: {}, ...now, outcome: 'accepted', code: 'asked-already' },
            title: `This was carried out for an earlier request with the same key: ${entry.action}, ${entry.outcome}.`,
          }
        },
      })
    } catch (error) {
      if (error instanceof Refusal) return error.reply()
      return unexpected(error, parts.log)
    }
  }
}

const statusOf = (job: string): Invocation => ({ command: 'status', raw: { job } })

/** 130 bits in letters and digits that survive reading aloud and a double click. */
function readableSecret(): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'
  return [...randomBytes(26)].map((byte) => alphabet[byte % alphabet.length]).join('')
}

/** A bug or an unreachable database: logged once under a reference that the person is told. */
function unexpected(error: unknown, log: Log): Reply {
  const reference = randomUUID().slice(0, 8)
  log.error('a command failed unexpectedly', { error, reference })
  const unreachable = error instanceof StoreUnreachable
  return {
    outcome: 'refused',
    code: unreachable ? 'unavailable' : 'internal',
    title: unreachable
      ? `${FAULTS.DATABASE_UNREACHABLE.title} at this moment. Ask again; \`status\` shows what has happened (reference ${reference}).`
      : `Ferry met a problem it does not know. It is in the log of the bot under the reference ${reference}.`,
    facts: unreachable ? { 'What to do': FAULTS.DATABASE_UNREACHABLE.remedy } : {},
    data: { reference, ...(unreachable ? { code: 'DATABASE_UNREACHABLE' } : {}) },
  }
}
