import { sql } from 'drizzle-orm'
import type { Gate, Gates } from '../../ports/github.ts'
import type { Database, Raw } from './connect.ts'
import { milliseconds, timestamp } from './parts.ts'
import { asRow, without } from './rows.ts'
import { githubGates } from './schema/github.ts'

const toGate = (raw: Raw): Gate => without(asRow(githubGates, raw), 'dueAt', 'owner', 'leaseUntil')

/** Gates of workflow runs. Decisions are written once; what comes later changes nothing. */
export function openGates({ run }: Database): Gates {
  const change = async (set: ReturnType<typeof sql>, id: string, when = sql`true`): Promise<void> => {
    await run(sql`update github_gates set ${set} where id = ${id} and ${when}`)
  }
  const all = async (where: ReturnType<typeof sql>): Promise<readonly Gate[]> =>
    (await run(sql`select * from github_gates where ${where} order by asked_at, id`)).map(toGate)

  return {
    async open({ issuer, repository, repositoryId, installationId, runId, attempt, environment }, again) {
      const [raw] = await run(sql`
        insert into github_gates (issuer, repository, repository_id, installation_id, run_id, attempt, environment)
        values (${issuer}, ${repository}, ${repositoryId}, ${installationId}, ${runId}, ${attempt}, ${environment})
        on conflict (issuer, repository_id, run_id, attempt, lower(environment))
          do update set installation_id = excluded.installation_id,
            answered_at = case when ${again} then null else github_gates.answered_at end,
            asked_at = case when ${again} then now() else github_gates.asked_at end,
            due_at = case when ${again} then now() else github_gates.due_at end
        returning *`)
      if (raw === undefined) throw new Error('the gate was not written down')
      return toGate(raw)
    },

    async claim(owner, leaseMs, limit) {
      const rows = await run(sql`
        update github_gates set owner = ${owner}, lease_until = now() + ${milliseconds(leaseMs)}
        where id in (
          select id from github_gates
          where answered_at is null and due_at <= now() and (lease_until is null or lease_until <= now())
          order by due_at limit ${limit} for update skip locked)
        returning *`)
      return rows.map(toGate)
    },

    ofRun: ({ issuer, repositoryId, runId, attempt }) =>
      all(
        sql`issuer = ${issuer} and repository_id = ${repositoryId} and run_id = ${runId} and attempt = ${attempt}`,
      ),
    ofApproval: (number) => all(sql`approval = ${number}`),

    asked: (id, { job, requestedBy, approval }) =>
      change(
        sql`job = ${job}, requested_by = ${requestedBy}, approval = coalesce(approval, ${approval}::int)`,
        id,
      ),
    decide: (id, decision, reason) =>
      change(
        sql`decision = ${decision}, reason = ${reason}, due_at = now(), tries = 0`,
        id,
        sql`decision is null`,
      ),
    reporting: (id) => change(sql`reports = reports + 1`, id),
    reported: (id, digest) => change(sql`shown = ${digest}`, id),
    answered: ({ id, askedAt }) =>
      change(
        sql`answered_at = case when asked_at = ${timestamp(askedAt)} then now() end, owner = null, lease_until = null`,
        id,
        sql`answered_at is null`,
      ),

    async giveBack(id, owner, inMs, tries) {
      await run(sql`
        update github_gates set due_at = now() + ${milliseconds(inMs)}, tries = ${tries}::int,
          owner = null, lease_until = null
        where id = ${id} and owner = ${owner}`)
    },
  }
}
