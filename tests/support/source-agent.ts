import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ROOT } from './run.ts'

/** Starts the built agent as the operator of a source would; it gives up on a receiver sooner. */
export function startAgent(args: readonly string[]): ChildProcess {
  const bundle = join(ROOT, 'dist', 'agent', 'ferry-agent.mjs')
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', FERRY_RECONNECT_MS: '400' }
  return spawn(process.execPath, [bundle, ...args], { stdio: 'ignore', env })
}

/** Ends it at once. Repeatable. */
export async function killAgent(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
