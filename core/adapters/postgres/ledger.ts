import type { SQL } from 'drizzle-orm'
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { Ledger, Resource } from '../../ports/store.ts'
import type { Database } from './connect.ts'
import { auditInto, json } from './parts.ts'
import { asRow, without } from './rows.ts'
import { cloudResources } from './schema/resources.ts'

function toResource(row: typeof cloudResources.$inferSelect): Resource {
  const { price, pricedAt } = row
  const known = price === null || pricedAt === null ? null : { ...price, at: pricedAt }
  return { ...without(row, 'pricedAt'), price: known }
}

/** The ledger of everything billable: written before the cloud is asked, so that nothing can be made and forgotten. */
export function openLedger({ db, ask, run }: Database): Ledger {
  const select = async (wanted: SQL | undefined): Promise<readonly Resource[]> => {
    const rows = db.select().from(cloudResources).where(wanted)
    return (await ask(rows.orderBy(asc(cloudResources.intendedAt), asc(cloudResources.key)))).map(toResource)
  }
  return {
    // The first intention stands: a repeated call must ask the cloud for the same thing under the same token.
    async intend({ key, jobId, syncId, kind, purpose, request, outlivesJob = false }): Promise<Resource> {
      const [raw] = await run(sql`
        insert into cloud_resources (key, job_id, sync_id, kind, purpose, request, outlives_job)
        values (${key}, ${jobId}, ${syncId}, ${kind}, ${purpose}, ${json(request)}, ${outlivesJob})
        on conflict (key) do update set key = excluded.key
        returning *`)
      if (raw === undefined) throw new Error(`the resource ${key} was not written down`)
      return toResource(asRow(cloudResources, raw))
    },

    async created(key, cloudId) {
      await run(sql`update cloud_resources set cloud_id = ${cloudId} where key = ${key}`)
    },

    async setAddress(key, address) {
      await run(sql`update cloud_resources set address = ${address} where key = ${key}`)
    },

    async released(key) {
      await run(
        sql`update cloud_resources set released_at = now() where key = ${key} and released_at is null`,
      )
    },

    byKey: async (key) => (await select(eq(cloudResources.key, key)))[0],

    async byCloudId(cloudId) {
      const found = await select(eq(cloudResources.cloudId, cloudId))
      return found.find(({ releasedAt }) => releasedAt === null) ?? found.at(-1)
    },

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

    async setPrice(key, price) {
      await run(sql`update cloud_resources set price = ${json(price)}, priced_at = now() where key = ${key}`)
    },
  }
}
