import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import type { Intermediate, Intermediates } from '../../ports/machines.ts'
import type { Database } from './connect.ts'
import { json } from './parts.ts'
import { asRow } from './rows.ts'
import { intermediates } from './schema/resources.ts'

/** A row as the core knows an intermediate. */
export function toIntermediate(row: typeof intermediates.$inferSelect): Intermediate {
  const { id, jobId, mode, resourceKey, carrier, machineId, tlsPin, port, receiverSeenAt: seenAt } = row
  const registered = machineId !== null && tlsPin !== null && port !== null && seenAt !== null
  return {
    ...{ id, jobId, mode, resourceKey, carrier },
    instanceId: row.instanceId ?? undefined,
    address: row.address ?? undefined,
    receiver: registered ? { machineId, tlsPin, port, seenAt } : undefined,
    report: row.report ?? undefined,
    endedAt: row.endedAt ?? undefined,
  }
}

/** Intermediates and the receivers on them. */
export function openIntermediates({ db, ask, run }: Database): Intermediates {
  return {
    async plan({ jobId, mode, resourceKey, tokenHash, carrier }) {
      const [raw] = await run(sql`
        insert into intermediates (job_id, mode, resource_key, token_hash, carrier)
        values (${jobId}, ${mode}, ${resourceKey}, ${tokenHash}, ${carrier})
        on conflict (resource_key) do update set resource_key = excluded.resource_key
        returning *`)
      if (raw === undefined) throw new Error(`the intermediate ${resourceKey} was not written down`)
      return toIntermediate(asRow(intermediates, raw))
    },

    async current(jobId) {
      const isReceiving = and(eq(intermediates.mode, 'receive'), isNull(intermediates.endedAt))
      const ofJob = db
        .select()
        .from(intermediates)
        .where(and(eq(intermediates.jobId, jobId), isReceiving))
      const [row] = await ask(ofJob.orderBy(desc(intermediates.createdAt)).limit(1))
      return row && toIntermediate(row)
    },

    async byKey(resourceKey) {
      const byKey = eq(intermediates.resourceKey, resourceKey)
      const [row] = await ask(db.select().from(intermediates).where(byKey))
      return row && toIntermediate(row)
    },

    async setInstance(id, instanceId, address) {
      // An address that is not known yet must not read as one.
      await run(sql`
        update intermediates set instance_id = ${instanceId}, address = nullif(${address}, '')
        where id = ${id}`)
    },

    // The first key that comes with the token owns it; the same key may come again after a lost reply.
    async register(tokenHash, { publicKey, tlsPin, port, version }) {
      const [row] = await run(sql`
        update intermediates
        set machine_id = coalesce(machine_id, gen_random_uuid()::text), public_key = ${publicKey},
          tls_pin = ${tlsPin}, port = ${port}, receiver_version = ${version}, receiver_seen_at = now()
        where token_hash = ${tokenHash} and ended_at is null
          and (public_key is null or public_key = ${publicKey})
        returning machine_id`)
      return row && { machineId: row['machine_id'] as string }
    },

    async seen(id, report) {
      // What was said at the end stands, also when a heartbeat of before arrives after it.
      const isBeat = (report as { status?: string } | undefined)?.status === 'alive'
      const reported =
        report === undefined
          ? sql`report`
          : isBeat
            ? sql`case when report ->> 'status' <> 'alive' then report else ${json(report)} end`
            : json(report)
      await run(sql`
        update intermediates set receiver_seen_at = now(), report = ${reported}
        where id = ${id} and ended_at is null`)
    },

    async end(id) {
      await run(sql`update intermediates set ended_at = now() where id = ${id} and ended_at is null`)
    },
  }
}
