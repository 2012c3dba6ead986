/**
 * `npm run slack:preview`: draws the main messages of Ferry in Slack as one page, `.ferry/slack-preview/index.html`.
 *   npm run slack:preview -- --pictures   also takes their pictures for the docs, by a headless Chromium
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { pageOf } from './html.ts'
import { scenes } from './scenes.ts'

/** The scenes that docs/slack.md shows, with the height of their pictures. */
const PICTURES: Readonly<Record<string, readonly [width: number, height: number]>> = {
  sync: [844, 340],
  'sync-failed': [844, 370],
  approval: [844, 450],
  cutover: [844, 930],
  history: [844, 800],
  complete: [600, 590],
  home: [1150, 770],
}

const { values } = parseArgs({
  options: { pictures: { type: 'boolean' }, chromium: { type: 'string', default: 'chromium' } },
})
const folder = resolve('.ferry', 'slack-preview')
mkdirSync(folder, { recursive: true })
const all = scenes()
const page = join(folder, 'index.html')
writeFileSync(page, pageOf(all))
process.stdout.write(`${page}\n`)
if (values.pictures === true)
  for (const scene of all) {
    const size = PICTURES[scene.name]
    if (size === undefined) continue
    const one = join(folder, `${scene.name}.html`)
    writeFileSync(one, pageOf([{ ...scene, caption: '' }]))
    const picture = resolve('docs', 'images', `slack-${scene.name}.png`)
    execFileSync(
      values.chromium,
      [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars'],
        ...[`--window-size=${size.join(',')}`, `--screenshot=${picture}`, `file://${one}`],
      ],
      { stdio: 'ignore' },
    )
    process.stdout.write(`${picture}\n`)
  }
