/**
 * `npm run demo`: a whole migration on this machine, with nothing set up. Everything it makes lies under one
 * directory, which it removes at the end unless `--keep` is given. The exit status says whether all it claims is true.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { buildAgents } from '../bundle.ts'
import { freePort } from './free-port.ts'
import { act, answers, elapsed, happens, transcript } from './narrator.ts'
import { actsOf, terminalPicture } from './picture.ts'
import { buildServer, play } from './story.ts'
import type { Stage } from './stage.ts'
import { setStage } from './stage.ts'

/** The acts that the picture in README shows. */
const SHOWN = ['Full sync', 'The receiver dies', 'Cutover', 'Proof', 'After']

const { values } = parseArgs({
  options: {
    state: { type: 'string' },
    keep: { type: 'boolean' },
    picture: { type: 'string' },
    help: { type: 'boolean' },
  },
})
if (values.help === true) {
  process.stdout.write(
    'npm run demo [-- --state DIR] [--keep] [--picture FILE]\n  --state DIR     where everything is put (.ferry/demo)\n  --keep          leave it there afterwards\n  --picture FILE  draw what it printed as SVG\n',
  )
  process.exit(0)
}
const directory = resolve(values.state ?? join('.ferry', 'demo'))
process.exitCode = await demo(directory)
if (values.picture !== undefined) writeFileSync(values.picture, terminalPicture(actsOf(transcript(), SHOWN)))
if (values.keep !== true && process.exitCode === 0) rmSync(directory, { recursive: true, force: true })

async function demo(at: string): Promise<number> {
  rmSync(at, { recursive: true, force: true })
  let stage: Stage | undefined
  // Ctrl-C must not leave a database and a cloud behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stage?.stop().finally(() => process.exit(130)))
  try {
    const disks = buildServer(join(at, 'source'))
    act('Ferry on this machine')
    await buildAgents()
    stage = await setStage(at, await freePort())
    happens(`PostgreSQL, a local Alibaba ECS and the bot run: ${stage.server}`)
    const { claims } = await play(stage, disks)
    act(`After ${Math.round(elapsed())} s`)
    for (const { claim, isTrue } of claims) answers(isTrue ? 'done' : 'refused', claim)
    return claims.every(({ isTrue }) => isTrue) ? 0 : 1
  } catch (error) {
    answers('refused', `the demo has failed: ${error instanceof Error ? error.message : String(error)}`, {
      Logs: join(at, 'logs'),
    })
    return 1
  } finally {
    await stage?.stop()
  }
}
