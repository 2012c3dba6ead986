import type { SQL } from 'drizzle-orm'
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { Ledger, Resource } from '../../ports/store.ts'
import type { Database } from './connect.ts'
import { auditInto, json } from './parts.ts'
import { asRow } from './rows.ts'
import { cloudResources } from './schema/resources.ts'

/** The ledger of everything billable: written before the cloud is asked, so that nothing can be made and forgotten. */
export function openLedger({ db, ask, run }: Database): Ledger {
  const select = (wanted: SQL | undefined) =>
    ask(
      db
        .select()
        .from(cloudResources)
        .where(wanted)
        .orderBy(asc(cloudResources.intendedAt), asc(cloudResources.key)),
    )
  return {
    // The first intention stands: a repeated call must ask the cloud for the same thing under the same token.
    async intend({ key, jobId, syncId, kind, purpose, request }): Promise<Resource> {
      const [raw] = await run(sql`
        insert into cloud_resources (key, job_id, sync_id, kind, purpose, request)
        values (${key}, ${jobId}, ${syncId}, ${kind}, ${purpose}, ${json(request)})
        on conflict (key) do update set key = excluded.key
        returning *`)
      if (raw === undefined) throw new Error(`the resource ${key} was not written down`)
      return asRow(cloudResources, raw)
    },

    async created(key, cloudId) {
      await run(sql`update cloud_resources set cloud_id = ${cloudId} where key = ${key}`)
    },

    async released(key) {
      await run(
        sql`update cloud_resources set released_at = now() where key = ${key} and released_at is null`,
      )
    },

    byKey: async (key) => (await select(eq(cloudResources.key, key)))[0],
    byCloudId: async (cloudId) => (await select(eq(cloudResources.cloudId, cloudId)))[0],

    async open(jobId) {
      const ofJob = jobId === undefined ? undefined : eq(cloudResources.jobId, jobId)
      return select(and(isNull(cloudResources.releasedAt), ofJob))
    },

    async askRelease(key, audit) {
      await run(sql`
        with asked as (
          update cloud_resources set release_asked_by = coalesce(release_asked_by, ${audit.actor.person})
          where key = ${key} returning job_id
        )
        ${auditInto(audit, sql`select jobs.id as job_id, jobs.name as job from asked join jobs on jobs.id = asked.job_id`)}`)
    },
  }
}
