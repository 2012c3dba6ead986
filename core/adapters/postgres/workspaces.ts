import { sql } from 'drizzle-orm'
import type { Workspaces } from '../../ports/doors.ts'
import type { Database } from './connect.ts'
import { milliseconds } from './parts.ts'

/** `Workspaces`: one row for each, installed or not. */
export function openWorkspaces({ run }: Database): Workspaces {
  return {
    async install(id, sealed) {
      await run(sql`
        insert into workspaces (id, installation, installed_at) values (${id}, ${sealed}, now())
        on conflict (id) do update set installation = excluded.installation,
          -- Installed again, it keeps its place among the others.
          installed_at = case when workspaces.installation is null then now() else workspaces.installed_at end`)
    },

    async installation(id) {
      const [row] = await run(sql`
        select installation from workspaces where id = ${id} and installation is not null`)
      return row?.['installation'] as string | undefined
    },

    async first() {
      const [row] = await run(sql`
        select id from workspaces where installation is not null order by installed_at, id limit 1`)
      return row?.['id'] as string | undefined
    },

    async uninstall(id) {
      await run(sql`update workspaces set installation = null where id = ${id}`)
    },

    async refuses(id, lifeMs) {
      await run(sql`
        insert into workspaces (id, plain_until) values (${id}, now() + ${milliseconds(lifeMs)})
        on conflict (id) do update set plain_until = excluded.plain_until`)
    },

    async isPlain(id) {
      const rows = await run(sql`select from workspaces where id = ${id} and plain_until > now()`)
      return rows.length > 0
    },
  }
}
