import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Which bot to talk to, and as whom. */
export interface Settings {
  readonly server: string
  readonly token: string
}

const START = 'start one with `npm start`, or name yours in FERRY_SERVER_URL and your token in FERRY_TOKEN.'

/**
 * From the environment, else from the state directory of local mode. A local token is sent to the local bot only.
 * A sentence when something is missing; `unreachable` when the reason is that no bot runs.
 */
export async function findSettings(
  env: Readonly<Record<string, string | undefined>>,
  as: string | undefined,
): Promise<Settings | { readonly problem: string; readonly unreachable: boolean }> {
  const directory = env['FERRY_STATE_DIR'] || '.ferry'
  const named = env['FERRY_SERVER_URL']?.replace(/\/+$/, '')
  const local = await readFile(join(directory, 'bot.json'), 'utf8').then(urlIn, () => undefined)
  const server = named || local
  if (server === undefined) return { problem: `No bot runs here: ${START}`, unreachable: true }
  if (!URL.canParse(server))
    return { problem: `FERRY_SERVER_URL is "${server}", which is not a URL.`, unreachable: false }
  const given = env['FERRY_TOKEN']
  if (as === undefined && given) return { server, token: given }
  if (named && named !== local)
    return { problem: `FERRY_TOKEN is missing: your token for ${server}.`, unreachable: false }
  const path = join(directory, 'tokens', as ?? 'alice')
  const token = await readFile(path, 'utf8').catch(() => undefined)
  if (token === undefined)
    return {
      problem: `There is no token file ${path}: local mode makes those of alice and bob.`,
      unreachable: false,
    }
  return { server, token: token.trim() }
}

function urlIn(text: string): string | undefined {
  try {
    const { url } = JSON.parse(text) as { url?: unknown }
    return typeof url === 'string' ? url : undefined
  } catch {
    return undefined
  }
}
