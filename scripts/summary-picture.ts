/**
 * Draws a job summary as GitHub shows it: `npm run picture -- summary.md picture.png [mermaid.min.js]`. Reads the
 * Markdown that the Action writes, no other; with Mermaid's own file diagrams are drawn, without it they stay text.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const WIDTH = 980
/** A machine without a font of emoji draws these instead. */
const MARKS: Readonly<Record<string, string>> = { '✅': '✔', '⏳': '…', '⛔': '⊘', '❌': '✘' }

export function pageOf(markdown: string, mermaid?: string): string {
  return `<!doctype html><meta charset="utf-8"><style>
body { font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; color: #1f2328; margin: 24px 32px; width: ${WIDTH - 64}px }
h3 { font-size: 1.25em; border-bottom: 1px solid #d1d9e0; padding-bottom: 6px } h4 { margin: 20px 0 12px }
table { border-collapse: collapse; margin: 12px 0 } td, th { border: 1px solid #d1d9e0; padding: 5px 12px; text-align: left; vertical-align: top }
tr:nth-child(even) td { background: #f6f8fa } code { font: 12px ui-monospace, "DejaVu Sans Mono", monospace; background: #818b981f; padding: 2px 5px; border-radius: 6px }
pre { background: #f6f8fa; padding: 14px; border-radius: 6px; font: 12px/1.45 ui-monospace, "DejaVu Sans Mono", monospace } pre.mermaid { background: none; padding: 0 }
</style><body>${htmlOf(markdown)}</body>${
    mermaid === undefined
      ? ''
      : `<script src="${pathToFileURL(resolve(mermaid)).href}"></script><script>mermaid.initialize({ startOnLoad: true })</script>`
  }`
}

/** Headings, tables, fences and lines of text: the Markdown that the Action writes. */
export function htmlOf(markdown: string): string {
  return markdown
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part) => {
      const [, kind = '', code = ''] = /^```(\w*)\n([\s\S]*?)\n?```$/.exec(part) ?? []
      if (part.startsWith('```')) return `<pre class="${kind}">${escaped(code)}</pre>`
      return part
        .split(/\n{2,}/)
        .map(block)
        .join('\n')
    })
    .join('\n')
}

function block(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const [first = ''] = lines
  const heading = /^(#{1,6}) (.*)$/.exec(first)
  if (heading !== null) {
    const level = heading[1]?.length ?? 3
    return `<h${level}>${inline(heading[2] ?? '')}</h${level}>`
  }
  if (first.startsWith('|')) return tableOf(lines)
  return lines.length === 0 ? '' : `<p>${lines.map(inline).join('<br>')}</p>`
}

function tableOf([head = '', , ...rows]: readonly string[]): string {
  const cells = (line: string): readonly string[] => line.slice(1, -1).split(/(?<!\\)\|/)
  const row = (line: string, tag: string): string =>
    `<tr>${cells(line)
      .map((cell) => `<${tag}>${inline(cell.trim())}</${tag}>`)
      .join('')}</tr>`
  const hasHead = cells(head).some((cell) => cell.trim() !== '')
  return `<table>${hasHead ? row(head, 'th') : ''}${rows.map((line) => row(line, 'td')).join('')}</table>`
}

function inline(text: string): string {
  return text
    .split(/(`[^`]+`)/)
    .map((part, at) => {
      if (at % 2 === 1) return `<code>${escaped(part.slice(1, -1).replaceAll('\\|', '|'))}</code>`
      return part
        .replace(/[✅⏳⛔❌]/gu, (mark) => `<b>${MARKS[mark] ?? mark}</b>`)
        .replace(/\*\*(.+?)\*\*/g, '<b>$1</b>')
        .replace(/(?<!\\)\[(.+?)\]\((https:[^)\s]+)\)/g, '<a href="$2">$1</a>')
        .replace(/\\([\\`|*_~[\]#!$])/g, '$1')
    })
    .join('')
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const [, program = '', from, to, mermaid] = process.argv
if (program.endsWith('summary-picture.ts')) {
  if (from === undefined || to === undefined) throw new Error('Give a summary and the picture to write.')
  const folder = mkdtempSync(join(tmpdir(), 'ferry-picture-'))
  const page = join(folder, 'page.html')
  writeFileSync(page, pageOf(readFileSync(from, 'utf8'), mermaid))
  const height = process.env['HEIGHT'] ?? '1400'
  const { status, stderr, error } = spawnSync('chromium', [
    ...['--headless', '--no-sandbox', '--hide-scrollbars', '--allow-file-access-from-files'],
    ...[`--user-data-dir=${folder}`, `--window-size=${WIDTH},${height}`, '--virtual-time-budget=10000'],
    ...[`--screenshot=${resolve(to)}`, pathToFileURL(page).href],
  ])
  if (status !== 0) throw new Error(error?.message ?? String(stderr))
}
