import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { isAlive, markOf } from '../../sandbox/ecs/proc.ts'
import { ROOT } from './root.ts'

/** The local cloud as it says of itself when it is ready. */
export interface SandboxFacts {
  readonly endpoint: string
  readonly region: string
  readonly zones: readonly string[]
  readonly vSwitch: string
  readonly securityGroup: string
  readonly baseImage: string
}

interface SandboxProcess extends SandboxFacts {
  readonly pid: number
  /** Switches its machines off; they are booted at the next start. May be repeated. */
  stop(): Promise<void>
}

type Mark = NonNullable<ReturnType<typeof markOf>>

const STOP_WITHIN_MS = 15_000
const LOOK_MS = 50

/**
 * The sandbox runs in a process of its own, as a cloud does: it goes on when the bot is killed, machines and all,
 * and the next bot finds it again by `sandbox.json`.
 */
export async function startSandboxProcess(directory: string): Promise<SandboxProcess> {
  const path = join(directory, 'sandbox.json')
  const left = await readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as { mark: Mark; facts: SandboxFacts },
    () => undefined,
  )
  if (left !== undefined && isAlive(left.mark)) return running(left.mark, left.facts, path)
  const log = await open(join(directory, 'sandbox.log'), 'a', 0o600)
  const program = join(ROOT, 'sandbox', 'ecs', 'main.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', program, '--home', join(directory, 'sandbox')], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', log.fd],
    // A group of its own: Ctrl-C reaches the bot alone, which stops the sandbox in order.
    detached: true,
  })
  await log.close()
  const output = child.stdout as Readable
  const line = await Promise.race([
    once(createInterface(output), 'line').then(([text]) => String(text)),
    once(child, 'exit').then(() => undefined),
  ])
  const mark = child.pid === undefined ? undefined : markOf(child.pid)
  if (line === undefined || mark === undefined)
    throw new Error(`The sandbox did not start; ${join(directory, 'sandbox.log')} says why.`)
  output.destroy()
  child.unref()
  const facts = JSON.parse(line) as SandboxFacts
  await writeFile(path, JSON.stringify({ mark, facts }), { mode: 0o600 })
  return running(mark, facts, path)
}

function running(mark: Mark, facts: SandboxFacts, path: string): SandboxProcess {
  return {
    ...facts,
    pid: mark.pid,
    stop: async () => {
      if (isAlive(mark)) process.kill(mark.pid, 'SIGTERM')
      const until = Date.now() + STOP_WITHIN_MS
      while (isAlive(mark) && Date.now() < until) await pause(LOOK_MS)
      if (isAlive(mark)) process.kill(mark.pid, 'SIGKILL')
      await rm(path, { force: true })
    },
  }
}
