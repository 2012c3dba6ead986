import { afterAll } from 'vitest'
import { createAsk } from '../../core/app/ask.ts'
import { carryCutovers } from '../../core/app/carry-cutovers.ts'
import { createCarryOut } from '../../core/app/carry-out-approved.ts'
import { systemClock } from '../../core/app/clock.ts'
import { createLog } from '../../core/app/log.ts'
import { catalogue } from '../../core/commands/catalogue.ts'
import type { Reply } from '../../core/commands/reply.ts'
import { Policy, ROLES } from '../../core/domain/policy.ts'
import type { Role } from '../../core/domain/policy.ts'
import { openStore } from '../../core/adapters/postgres/store.ts'
import type { Store } from '../../core/ports/store.ts'
import { freshDatabase } from './postgres.ts'

interface AskedHow {
  readonly confirmed?: boolean
  /** The only jobs that the asker may name, as the run of a workflow. */
  readonly jobs?: readonly string[]
}

export interface Commands {
  readonly store: Store
  /** Of the database, for what no command does. */
  readonly url: string
  /** Carries open cutovers on, as the clock does again and again. */
  readonly carryCutovers: () => Promise<void>
  /** What a replica that has just started does about approvals, with no patience. */
  readonly newReplica: () => () => Promise<void>
  /** Asks as the person who is named like their role; confirmed unless a test says otherwise. */
  readonly ask: (role: Role, text: string, options?: AskedHow) => Promise<Reply>
}

/** Every command on a database of its own; no engine runs, so a job stays as a command has left it. */
export async function openCommands(
  approvals: Readonly<Record<string, number>> = {},
  more: Partial<Policy> = {},
): Promise<Commands> {
  const url = await freshDatabase()
  const store = await openStore(url)
  afterAll(() => store.close())
  const policy = Policy.parse({ people: ROLES.map((name) => ({ name, role: name })), approvals, ...more })
  const log = createLog({ level: 'silent', secrets: [] })
  const ask = createAsk({
    ...{ store, policy: () => policy, catalogue, clock: systemClock, serverUrl: 'http://ferry.test' },
    bundles: { agentDigest: undefined },
    log,
  })
  const personOf = (role: Role) => {
    const person = policy.people.find(({ name }) => name === role)
    if (person === undefined) throw new Error(`nobody is ${role}`)
    return person
  }
  const parts = { store, clock: systemClock, policy, log, ask }
  return {
    store,
    url,
    carryCutovers: () => carryCutovers(parts),
    newReplica: () => {
      const carryOut = createCarryOut(0)
      return () => carryOut(parts)
    },
    ask: (role, text, { confirmed = true, jobs } = {}) => {
      const person = { ...personOf(role), ...(jobs === undefined ? {} : { jobs }) }
      return ask(text, { person, door: 'cli' }, { confirmed })
    },
  }
}
