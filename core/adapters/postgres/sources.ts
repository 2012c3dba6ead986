import type { SQL } from 'drizzle-orm'
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { Source, Sources } from '../../ports/machines.ts'
import type { Database } from './connect.ts'
import { NO_JOB, auditInto, json, timestamp } from './parts.ts'
import { agents, sources } from './schema/machines.ts'
import { intermediates } from './schema/resources.ts'

interface Row {
  readonly sources: typeof sources.$inferSelect
  readonly agents: typeof agents.$inferSelect | null
}

function toSource({ sources: { id, name, createdAt }, agents: row }: Row): Source {
  if (row === null) return { id, name, agent: undefined, createdAt }
  const { version, host, disks, enrolledAt, seenAt } = row
  return { id, name, agent: { id: row.id, version, host, disks, enrolledAt, seenAt }, createdAt }
}

/** Sources and the agents that speak for them. */
export function openSources({ db, ask, run }: Database): Sources {
  const isCurrent = and(eq(agents.sourceId, sources.id), isNull(agents.replacedAt))
  const select = (wanted?: SQL) =>
    ask(db.select().from(sources).leftJoin(agents, isCurrent).where(wanted).orderBy(asc(sources.name)))
  const find = async (wanted: SQL) => {
    const [row] = await select(wanted)
    return row && toSource(row)
  }
  /** The agent that this code made for this key, while nothing has replaced it. */
  const enrolled = async (codeHash: string, publicKey: string) => {
    const same = and(eq(agents.codeHash, codeHash), eq(agents.publicKey, publicKey))
    const source = await find(sql`${same} and ${agents.replacedAt} is null`)
    return source?.agent && { agentId: source.agent.id, source }
  }

  return {
    async invite(name, codeHash, expiresAt, audit) {
      await run(sql`
        with invited as (
          insert into sources (name, code_hash, code_expires_at)
          values (${name}, ${codeHash}, ${timestamp(expiresAt)})
          on conflict (name) do update
            set code_hash = excluded.code_hash, code_expires_at = excluded.code_expires_at
          returning id
        )
        ${auditInto(audit, sql`select null::text as job_id, null::text as job from invited`)}`)
      const source = await find(eq(sources.name, name))
      if (source === undefined) throw new Error(`the source ${name} has gone while it was made`)
      return source
    },

    named: (name) => find(eq(sources.name, name)),
    byId: (id) => find(eq(sources.id, id)),
    list: async () => (await select()).map(toSource),

    // Clearing the code is what decides between two who come with it at once.
    async enrol(codeHash, agent, audit) {
      const { publicKey } = agent
      const known = await enrolled(codeHash, publicKey)
      if (known !== undefined) return known
      await run(sql`
        with invited as (
          update sources set code_hash = null, code_expires_at = null
          from (select id, code_expires_at from sources where code_hash = ${codeHash}) as before
          where sources.id = before.id and code_hash = ${codeHash} and sources.code_expires_at > now()
          returning sources.id, before.code_expires_at
        ), replaced as (
          update agents set replaced_at = now()
          from invited where source_id = invited.id and replaced_at is null returning agents.id
        ), enrolled as (
          insert into agents (source_id, public_key, code_hash, code_expires_at, version, host, disks)
          select invited.id, ${publicKey}, ${codeHash}, invited.code_expires_at, ${agent.version},
            ${json(agent.host)}, ${json(agent.disks)}
          from invited, (select count(*) from replaced) as after_replaced
          returning id
        )
        ${auditInto(audit, sql`${NO_JOB} from enrolled`)}`)
      // Whoever was first, perhaps a repetition of this very call, is found now; another key is not.
      return enrolled(codeHash, publicKey)
    },

    async isInvited(hash) {
      const [row] = await run(sql`
        select exists (select from sources where code_hash = ${hash} and code_expires_at > now())
          or exists (select from agents
            where code_hash = ${hash} and code_expires_at > now() and replaced_at is null)
          or exists (select from intermediates where token_hash = ${hash} and ended_at is null) as invited`)
      return row?.['invited'] === true
    },

    async key(machineId) {
      const isAgent = and(eq(agents.id, machineId), isNull(agents.replacedAt))
      const [agent] = await ask(db.select().from(agents).where(isAgent))
      if (agent !== undefined) {
        return { kind: 'agent', publicKey: agent.publicKey, sourceId: agent.sourceId }
      }
      const isReceiver = and(eq(intermediates.machineId, machineId), isNull(intermediates.endedAt))
      const [receiver] = await ask(db.select().from(intermediates).where(isReceiver))
      if (receiver === undefined || receiver.publicKey === null) return undefined
      return { kind: 'receiver', publicKey: receiver.publicKey, intermediateId: receiver.id }
    },

    async seen(agentId, version, disks) {
      await run(sql`
        update agents set seen_at = now(), version = ${version}, disks = ${json(disks)}
        where id = ${agentId} and replaced_at is null`)
    },
  }
}
