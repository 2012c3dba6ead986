/**
 * `npm run demo`: a whole migration on this machine, with nothing set up. Everything it makes lies under one
 * directory, which it removes at the end unless `--keep` is given. The exit status says whether all it claims is true.
 */
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { buildAgents } from '../bundle.ts'
import { act, answers, elapsed, happens } from './narrator.ts'
import { buildServer, play } from './story.ts'
import type { Stage } from './stage.ts'
import { setStage } from './stage.ts'

const { values } = parseArgs({
  options: { state: { type: 'string' }, keep: { type: 'boolean' }, help: { type: 'boolean' } },
})
if (values.help === true) {
  process.stdout.write(
    'npm run demo [-- --state DIR] [--keep]\n  --state DIR  where everything is put (.ferry/demo)\n  --keep       leave it there afterwards\n',
  )
  process.exit(0)
}
const directory = resolve(values.state ?? join('.ferry', 'demo'))
process.exitCode = await demo(directory)
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

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => probe.once('listening', done))
  const { port } = probe.address() as AddressInfo
  await new Promise((done) => probe.close(done))
  return port
}
