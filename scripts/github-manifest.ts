/**
 * Makes the GitHub App. `npm run github:manifest -- https://ferry.example.com` prints its manifest. With `--create`
 * (and `--organization acme`, `--github https://ghes.example.com`) it leads a browser on this machine through GitHub’s
 * own steps and writes what the bot needs into a file that only its owner can read.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { manifest } from '../bot/github/manifest.ts'

const USAGE = `npm run github:manifest -- <url of the bot> [--name Ferry] [--create [--organization acme] [--github https://github.com] [--out github-app.env]]`

interface Made {
  readonly id: number
  readonly slug: string
  readonly pem: string
  readonly webhook_secret: string | null
  readonly html_url: string
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      name: { type: 'string', default: 'Ferry' },
      create: { type: 'boolean', default: false },
      organization: { type: 'string' },
      github: { type: 'string', default: 'https://github.com' },
      out: { type: 'string', default: 'github-app.env' },
    },
  })
  const url = positionals[0]?.replace(/\/+$/, '') ?? ''
  if (!URL.canParse(url)) throw new Error(`Say at which URL GitHub reaches the bot. ${USAGE}`)
  if (!values.create) {
    console.log(JSON.stringify(manifest(url, values.name), null, 2))
    return
  }
  const { organization, github, out } = values
  const apiUrl = github === 'https://github.com' ? 'https://api.github.com' : `${github}/api/v3`
  if (existsSync(out)) throw new Error(`${out} is there already. Move it away, or name another with --out.`)
  const made = await leadThrough(url, values.name, { organization, github, apiUrl })
  const lines = [
    `GITHUB_APP_ID=${made.id}`,
    `GITHUB_PRIVATE_KEY=${made.pem.trim().replaceAll('\n', '\\n')}`,
    `GITHUB_WEBHOOK_SECRET=${made.webhook_secret ?? ''}`,
    ...(apiUrl === 'https://api.github.com' ? [] : [`GITHUB_API_URL=${apiUrl}`]),
  ]
  writeFileSync(out, `${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' })
  console.log(`The App ${made.slug} is made. ${out} holds what the bot needs; start it with these variables.`)
  console.log(`Install it: ${made.html_url}/installations/new`)
}

/** Serves one page that posts the manifest to GitHub, and takes the code that GitHub sends back. */
async function leadThrough(
  url: string,
  name: string,
  where: { readonly organization: string | undefined; readonly github: string; readonly apiUrl: string },
): Promise<Made> {
  const state = randomBytes(16).toString('hex')
  const codes: ((code: string) => void)[] = []
  const code = new Promise<string>((resolve) => codes.push(resolve))
  let page = ''
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', 'http://127.0.0.1')
    const given = asked.searchParams.get('code')
    const isBack = asked.searchParams.get('state') === state && given !== null
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    response.end(isBack ? 'Back to the terminal: the App is made.' : page)
    if (isBack) codes[0]?.(given)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  page = formPage(JSON.stringify(manifest(url, name, own)), state, where)
  console.log(`Open ${own} in a browser on this machine and follow GitHub’s steps.`)
  const response = await fetch(
    `${where.apiUrl}/app-manifests/${encodeURIComponent(await code)}/conversions`,
    { method: 'POST', headers: { accept: 'application/vnd.github+json' } },
  )
  server.close()
  server.closeAllConnections()
  if (!response.ok) throw new Error(`GitHub did not take the code: status ${response.status}.`)
  return (await response.json()) as Made
}

function formPage(
  text: string,
  state: string,
  { organization, github }: { readonly organization: string | undefined; readonly github: string },
): string {
  const path =
    organization === undefined
      ? '/settings/apps/new'
      : `/organizations/${encodeURIComponent(organization)}/settings/apps/new`
  const value = text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;')
  return `<!doctype html><form method="post" action="${github}${path}?state=${state}">
<input type="hidden" name="manifest" value="${value}"><button>Make the GitHub App</button></form>`
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
