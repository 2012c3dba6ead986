import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { Stage } from '../demo/stage.ts'

/** How long the bot is left alone before its memory is read. */
const IDLE_MS = 15_000
const COMMANDS = 300

/** Resident memory of the bot's process when nothing is asked of it, in MiB. */
export async function idleMemory(stage: Stage): Promise<number> {
  await pause(IDLE_MS)
  const status = readFileSync(`/proc/${stage.botPid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024
}

/** How long a command takes from its request to its whole reply over HTTP, in milliseconds. */
export async function commandTimes(stage: Stage, command: string): Promise<{ median: number; p99: number }> {
  const times: number[] = []
  for (let round = 0; round < COMMANDS; round++) {
    const start = performance.now()
    await stage.ask('alice', command)
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  return { median: times[COMMANDS >> 1] ?? 0, p99: times[Math.floor(COMMANDS * 0.99)] ?? 0 }
}
