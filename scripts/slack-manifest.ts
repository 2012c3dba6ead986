/**
 * `npm run slack:manifest`: the manifest of the Slack app that Ferry needs, to be pasted into a new app.
 *   npm run slack:manifest -- --url https://ferry.example.com    Slack posts to the bot there
 *   npm run slack:manifest -- --socket                           the bot opens a socket; nothing comes in
 *   npm run slack:manifest -- --url … --oauth                    several workspaces install it
 */
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import type { Manifest } from '@slack/web-api/dist/types/request/manifest.js'
import { slackManifest } from '../bot/slack/manifest.ts'

export const EXAMPLE_URL = 'https://ferry.example.com'

/** As Slack's own types have it; a name or scope that there is not fails the type check. */
export function manifestJson(url: string | undefined, isOAuth = false): string {
  const manifest: Manifest = slackManifest(url, isOAuth)
  return `${JSON.stringify(manifest, null, 2)}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { url: { type: 'string' }, socket: { type: 'boolean' }, oauth: { type: 'boolean' } },
  })
  const url = values.url?.replace(/\/+$/, '')
  if (url === undefined && values.socket !== true) {
    process.stderr.write(
      `Say where Slack reaches the bot, --url ${EXAMPLE_URL}; or --socket, when nothing may come in from outside.\n`,
    )
    process.exit(2)
  }
  process.stdout.write(manifestJson(values.socket === true ? undefined : url, values.oauth ?? false))
}
