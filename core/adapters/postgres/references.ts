import { sql } from 'drizzle-orm'
import type { Meaning, References, Useless } from '../../ports/doors.ts'
import type { Database, Raw } from './connect.ts'
import { json } from './parts.ts'
import { asRow } from './rows.ts'
import { buttonReferences } from './schema/doors.ts'

/** A second click within this time is the same click to whoever clicked. */
const TWICE_MS = 10_000
/** How long one that has expired is still known as such. */
const KNOWN_FOR = sql`interval '7 days'`

const meaningOf = (raw: Raw): Meaning => asRow(buttonReferences, raw).meaning

/** `References`. Each `keep` also sweeps a few that nobody will use any more. */
export function openReferences({ run }: Database): References {
  const whyNot = (raw: Raw | undefined, person: string): Useless | undefined => {
    if (raw === undefined) return 'unknown'
    const { person: owner, usedBy } = asRow(buttonReferences, raw)
    if (owner !== null && owner !== person) return 'not-yours'
    const used = usedBy[person]
    if (used !== undefined)
      return Date.parse(String(raw['now'])) - Date.parse(used) < TWICE_MS ? 'twice' : 'used'
    return raw['expired'] === true ? 'expired' : undefined
  }
  const find = async (hash: string): Promise<Raw | undefined> => {
    const rows = await run(sql`
      select *, now() as now, expires_at <= now() as expired from button_references where hash = ${hash}`)
    return rows[0]
  }

  return {
    async keep(references) {
      const rows = references.map(({ hash, meaning, person, lifeMs }) => ({
        ...{ hash, meaning, person },
        seconds: lifeMs / 1000,
      }))
      await run(sql`
        with swept as (
          delete from button_references where hash in (
            select hash from button_references where expires_at < now() - ${KNOWN_FOR}
            order by expires_at limit 50 for update skip locked)
        )
        insert into button_references (hash, meaning, person, expires_at)
        select r ->> 'hash', r -> 'meaning', r ->> 'person',
          now() + make_interval(secs => (r ->> 'seconds')::float)
        from jsonb_array_elements(${json(rows)}) as r
        on conflict (hash) do nothing`)
    },

    async look(hash, person) {
      const raw = await find(hash)
      return whyNot(raw, person) ?? meaningOf(raw ?? {})
    },

    async use(hash, person) {
      const [used] = await run(sql`
        update button_references
        set used_by = used_by || jsonb_build_object(${person}::text, now()::text)
        where hash = ${hash} and expires_at > now() and not used_by ? ${person}
          and (person is null or person = ${person})
        returning meaning`)
      return used === undefined ? (whyNot(await find(hash), person) ?? 'used') : meaningOf(used)
    },

    async giveBack(hash, person) {
      await run(sql`update button_references set used_by = used_by - ${person}::text where hash = ${hash}`)
    },
  }
}
