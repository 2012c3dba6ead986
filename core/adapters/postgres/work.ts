import type { SQL } from 'drizzle-orm'
import { sql } from 'drizzle-orm'
import { WORKING } from '../../domain/life.ts'
import type { Claim, Work } from '../../ports/store.ts'
import type { Bell } from './bell.ts'
import type { Database, Raw } from './connect.ts'
import { json, milliseconds } from './parts.ts'
import { list } from './schema/columns.ts'

/**
 * The claim: how replicas share the work, each piece with one of them at a time.
 *
 * A row is due when `due_at` has come; taking it writes the owner, the end of the lease and a higher epoch, and
 * clears `due_at`. So a `due_at` on a row that is held means that its state has changed since it was taken: there
 * is new work, to be done at once when the holder gives it back. The lease keeps replicas off each other's work, no
 * more; what makes a late holder harmless is the epoch, which every write, order and receiver checks.
 */
const KINDS = [
  { kind: 'job', table: sql`jobs`, hasWork: sql`state in ${list(WORKING)}` },
  { kind: 'verification', table: sql`verifications`, hasWork: sql`ended_at is null` },
  { kind: 'way-back', table: sql`destinations`, hasWork: sql`way_back_asked_by is not null` },
] as const

/** How soon a piece that was given back as done, though its state still asks for work, is looked at again. */
const UNCHANGED_MS = 1000

/** Claims on jobs, verifications and ways back. */
export function openWork({ run }: Database, bell: Bell): Work {
  return {
    async claim(owner, leaseMs, limit) {
      return (await run(claimStatement(owner, leaseMs, limit))).map(toClaim)
    },

    async renew(owner, leaseMs, claims) {
      if (claims.length === 0) return []
      const held = await run(renewStatement(owner, leaseMs, claims))
      return held.map(toClaim)
    },

    async giveBack(owner, claim, how) {
      const { againInMs, tries } = how === 'done' ? { againInMs: UNCHANGED_MS, tries: 0 } : how
      const { table, hasWork } = KINDS.find(({ kind }) => kind === claim.kind) ?? KINDS[0]
      await run(sql`
        update ${table}
        set owner = null, lease_until = null,
          due_at = case when ${hasWork} then coalesce(due_at, now() + ${milliseconds(againInMs)}) end,
          tries = case when due_at is null then ${tries}::int else 0 end
        where id = ${claim.id} and owner = ${owner} and epoch = ${claim.epoch}`)
    },

    wait: (ms, signal) => bell.wait('work', '', ms, signal),
  }
}

const toClaim = (raw: Raw): Claim => ({
  kind: raw['kind'] as Claim['kind'],
  id: raw['id'] as string,
  epoch: Number(raw['epoch']),
  tries: Number(raw['tries']),
})

const union = (of: (kind: (typeof KINDS)[number]) => SQL): SQL => sql.join(KINDS.map(of), sql` union all `)

/**
 * Rows that others are taking at this moment are skipped, not waited for: that is what spreads the work. The weaker
 * row lock is enough against other claims, and lets syncs be inserted for a job meanwhile.
 */
function claimStatement(owner: string, leaseMs: number, limit: number): SQL {
  const parts = KINDS.flatMap(({ kind, table, hasWork }) => [
    sql`${sql.identifier(`due_${kind}`)} as (
      select id, coalesce(due_at, lease_until) as since from ${table}
      where ${hasWork} and ((owner is null and due_at <= now()) or lease_until <= now())
      order by since limit ${limit} for no key update skip locked)`,
  ])
  const taken = KINDS.map(
    ({ kind, table }) => sql`${sql.identifier(`taken_${kind}`)} as (
      update ${table} as t
      set owner = ${owner}, lease_until = now() + ${milliseconds(leaseMs)}, epoch = t.epoch + 1, due_at = null
      from first where first.kind = ${kind} and t.id = first.id
      returning t.id, t.epoch, t.tries, first.since)`,
  )
  const due = union(
    ({ kind }) => sql`select ${kind}::text as kind, id, since from ${sql.identifier(`due_${kind}`)}`,
  )
  const all = union(
    ({ kind }) =>
      sql`select ${kind}::text as kind, id, epoch, tries, since from ${sql.identifier(`taken_${kind}`)}`,
  )
  return sql`
    with ${sql.join(parts, sql`, `)},
    first as materialized (select * from (${due}) as due order by since limit ${limit}),
    ${sql.join(taken, sql`, `)}
    select * from (${all}) as taken order by since`
}

function renewStatement(owner: string, leaseMs: number, claims: readonly Claim[]): SQL {
  const renewed = KINDS.map(
    ({ kind, table }) => sql`${sql.identifier(`renewed_${kind}`)} as (
      update ${table} as t set lease_until = now() + ${milliseconds(leaseMs)}
      from claims as c
      where c.kind = ${kind} and t.id = c.id and t.epoch = c.epoch and t.owner = ${owner}
      returning t.id, t.epoch, t.tries)`,
  )
  return sql`
    with claims as (
      select * from jsonb_to_recordset(${json(claims)}) as c (kind text, id text, epoch bigint)
    ), ${sql.join(renewed, sql`, `)}
    ${union(({ kind }) => sql`select ${kind}::text as kind, id, epoch, tries from ${sql.identifier(`renewed_${kind}`)}`)}`
}
