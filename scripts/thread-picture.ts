/**
 * Draws a thread of comments as GitHub shows it: `npm run picture:thread -- thread.json picture.png`. The file is a list
 * of `{ login, body, reactions }`, as the API gives them; the bodies are what Ferry and people have written.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { htmlOf } from './summary-picture.ts'

interface Comment {
  readonly login: string
  readonly body: string
  readonly reactions: readonly string[]
}

const WIDTH = 900
/** As words: a machine without a font of emoji draws nothing else. */
const REACTIONS: Readonly<Record<string, string>> = {
  eyes: 'eyes',
  '+1': '+1',
  '-1': '−1',
  confused: 'confused',
}

function pageOf(thread: readonly Comment[]): string {
  return `<!doctype html><meta charset="utf-8"><style>
body { font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; color: #1f2328; margin: 24px; width: ${WIDTH - 48}px }
article { border: 1px solid #d1d9e0; border-radius: 6px; margin: 0 0 16px 48px; position: relative } article > div { padding: 4px 16px 10px }
header { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; border-radius: 6px 6px 0 0; padding: 7px 16px; color: #59636e } header b { color: #1f2328 }
header i, footer i { font-style: normal; border: 1px solid #d1d9e0; border-radius: 2em; padding: 0 7px; font-size: 12px; margin-left: 6px } footer { padding: 0 16px 10px } footer i { margin: 0 6px 0 0; background: #ddf4ff; border-color: #54aeff }
article::before { content: attr(data-first); position: absolute; left: -48px; width: 34px; height: 34px; border-radius: 50%; background: #59636e; color: #fff; text-align: center; line-height: 34px; font-weight: 600 } article.bot::before { background: #0969da; border-radius: 6px }
table { border-collapse: collapse; margin: 10px 0 } td, th { border: 1px solid #d1d9e0; padding: 4px 12px; text-align: left; vertical-align: top } tr:nth-child(even) td { background: #f6f8fa }
code { font: 12px ui-monospace, "DejaVu Sans Mono", monospace; background: #818b981f; padding: 2px 5px; border-radius: 6px } pre { background: #f6f8fa; padding: 12px; border-radius: 6px; font: 12px/1.45 ui-monospace, "DejaVu Sans Mono", monospace } p { margin: 8px 0 } summary { cursor: pointer }
</style><body>${thread.map(articleOf).join('\n')}</body>`
}

function articleOf({ login, body, reactions }: Comment): string {
  const isBot = login.endsWith('[bot]')
  const name = login.replace('[bot]', '')
  // The mark by which Ferry finds its comment again is not shown.
  const shown = htmlOf(body.replace(/<!--[\s\S]*?-->\n*/g, '').replaceAll('❔', '?'))
  const footer = reactions.map((reaction) => `<i>${REACTIONS[reaction] ?? reaction} 1</i>`).join('')
  return `<article class="${isBot ? 'bot' : ''}" data-first="${name[0]?.toUpperCase() ?? ''}"><header><b>${name}</b>${isBot ? '<i>bot</i>' : ''} commented</header><div>${shown}</div>${footer === '' ? '' : `<footer>${footer}</footer>`}</article>`
}

const [, , from, to] = process.argv
if (from === undefined || to === undefined) throw new Error('Give a thread and the picture to write.')
const chromium = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path))
if (chromium === undefined) throw new Error('There is no Chromium on this machine.')
const folder = mkdtempSync(join(tmpdir(), 'ferry-picture-'))
const page = join(folder, 'page.html')
writeFileSync(page, pageOf(JSON.parse(readFileSync(from, 'utf8')) as Comment[]))
const { status, stderr } = spawnSync(chromium, [
  ...['--headless', '--no-sandbox', '--hide-scrollbars', `--user-data-dir=${folder}`],
  ...[`--window-size=${WIDTH},${process.env['HEIGHT'] ?? '1400'}`, `--screenshot=${resolve(to)}`],
  pathToFileURL(page).href,
])
if (status !== 0) throw new Error(String(stderr))
