/** The workspaces that Ferry speaks in: their tokens, and what each is able to show. */
import type { Installation, InstallationStore } from '@slack/bolt'
import type { App } from '../../core/app/assemble.ts'
import type { SlackSettings } from './parts.ts'
import { sealWith } from './seal.ts'
import type { WebClient } from './web.ts'
import { webClient } from './web.ts'

export interface Workspace {
  /** Of the team, or of the enterprise where the whole of it has installed Ferry. */
  readonly id: string
  readonly client: WebClient
}

export interface Workspaces {
  /** Throws when Ferry is not installed there. */
  of(source: Source): Promise<Workspace>
  /** The one of this id; without one the only one, or the one that was installed first. Throws when there is none. */
  named(id: string | undefined): Promise<Workspace>
  /** For Bolt's installation pages. */
  readonly store: InstallationStore | undefined
  /** Forgets tokens that are no good any more. */
  forget(id: string): Promise<void>
  isPlain(workspace: Workspace): Promise<boolean>
  /** Remembers that it takes no newer blocks. */
  refuses(workspace: Workspace): Promise<void>
}

/** As every request of Slack says where it comes from. */
export interface Source {
  readonly teamId: string | undefined
  readonly enterpriseId: string | undefined
  readonly isEnterpriseInstall: boolean
}

/** Tokens are read again after this long, so that what another replica has learnt is heard of. */
const FRESH_MS = 60_000
/** A workspace may learn new blocks: after this long they are tried again. */
const PLAIN_FOR_MS = 7 * 24 * 3_600_000
/** The workspace of the environment’s token, whatever its id: it need not be known to send there. */
export const ONLY = 'the-only'

type Parts = Pick<App, 'workspaces' | 'now' | 'log'>

export function openWorkspaces(app: Parts, { access, apiUrl }: SlackSettings): Workspaces {
  const only = access.kind === 'token' ? { id: ONLY, client: webClient(access.botToken, apiUrl) } : undefined
  const known = new Map<string, { readonly workspace: Workspace; readonly at: number }>()
  const plain = new Map<string, { readonly isPlain: boolean; readonly at: number }>()
  const allowed = access.kind === 'oauth' ? access.only : undefined
  const check = (id: string): void => {
    if (allowed !== undefined && !allowed.includes(id))
      throw new Error(`workspace ${id} may not use Ferry: it is not in SLACK_WORKSPACES`)
  }
  const store =
    access.kind === 'oauth' ? installations(app.workspaces, access.sealKey, known, check) : undefined
  const isFresh = (at: number): boolean => app.now().getTime() - at < FRESH_MS

  const named = async (asked: string | undefined): Promise<Workspace> => {
    if (only !== undefined) return only
    const id = asked ?? (await first(app, allowed))
    if (id === undefined) throw new Error('Ferry is not installed in any workspace')
    check(id)
    const found = known.get(id)
    if (found !== undefined && isFresh(found.at)) return found.workspace
    const bot = (await store?.read(id))?.bot
    if (bot?.token === undefined) throw new Error(`Ferry is not installed in workspace ${id}`)
    const workspace = { id, client: webClient(bot.token, apiUrl) }
    known.set(id, { workspace, at: app.now().getTime() })
    return workspace
  }

  return {
    store,
    named,
    of: (source) => named(only === undefined ? idOf(source) : undefined),
    forget: async (id) => {
      known.delete(id)
      await app.workspaces.uninstall(id)
    },
    isPlain: async ({ id }) => {
      const found = plain.get(id)
      if (found !== undefined && isFresh(found.at)) return found.isPlain
      // Without the database what was known last will do: whoever asked must be told something.
      const isPlain = await app.workspaces.isPlain(id).catch(() => undefined)
      if (isPlain === undefined) return found?.isPlain ?? false
      plain.set(id, { isPlain, at: app.now().getTime() })
      return isPlain
    },
    refuses: async ({ id }) => {
      plain.set(id, { isPlain: true, at: app.now().getTime() })
      await app.workspaces.refuses(id, PLAIN_FOR_MS).catch((error: unknown) => {
        app.log.warn('what slack refuses could not be remembered', { error })
      })
    },
  }
}

/** The one that was installed first, of those that may use Ferry. */
async function first({ workspaces }: Parts, allowed: readonly string[] | undefined) {
  const id = await workspaces.first()
  if (id === undefined || allowed === undefined || allowed.includes(id)) return id
  for (const each of allowed) if ((await workspaces.installation(each)) !== undefined) return each
  return undefined
}

/** Installations as Bolt keeps them, sealed in PostgreSQL. */
function installations(
  store: App['workspaces'],
  key: Buffer,
  known: Map<string, unknown>,
  check: (id: string) => void,
): InstallationStore & { read(id: string): Promise<Installation<'v2', boolean>> } {
  const seal = sealWith(key)
  const read = async (id: string): Promise<Installation<'v2', boolean>> => {
    const sealed = await store.installation(id)
    if (sealed === undefined) throw new Error(`Ferry is not installed in workspace ${id}`)
    return JSON.parse(seal.open(sealed, id)) as Installation<'v2', boolean>
  }
  return {
    read,
    storeInstallation: async (installation) => {
      const { team, enterprise, isEnterpriseInstall = false } = installation
      const source = { teamId: team?.id, enterpriseId: enterprise?.id, isEnterpriseInstall }
      const id = idOf(source)
      check(id)
      await store.install(id, seal.close(JSON.stringify(installation), id))
      known.delete(id)
    },
    fetchInstallation: (query) => read(idOf(query)),
    deleteInstallation: async (query) => {
      known.delete(idOf(query))
      await store.uninstall(idOf(query))
    },
  }
}

export function idOf({ teamId, enterpriseId, isEnterpriseInstall }: Source): string {
  const id = isEnterpriseInstall ? enterpriseId : teamId
  if (id === undefined) throw new Error('Slack did not say which workspace this is')
  return id
}
