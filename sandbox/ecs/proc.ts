import { readFileSync, readdirSync } from 'node:fs'
import type { ProcessMark } from './state.ts'

/** A living process, from /proc. */
export interface Process {
  readonly pid: number
  readonly group: number
  readonly startTicks: string
}

/** Reads one process; undefined when it is gone or only waits to be buried. */
export function processOf(pid: number): Process | undefined {
  const stat = readProc(`${pid}/stat`)
  // The name in parentheses may itself contain spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, , group] = fields ?? []
  const startTicks = fields?.[19]
  if (group === undefined || startTicks === undefined || state === 'Z' || state === 'X') return undefined
  return { pid, group: Number(group), startTicks }
}

/** Marks a process so that a later one with the same id is not taken for it. */
export function markOf(pid: number): ProcessMark | undefined {
  const found = processOf(pid)
  return found && { pid, startTicks: found.startTicks, bootId: bootId() }
}

/** Whether the very process that was marked still lives. */
export function isAlive(mark: ProcessMark): boolean {
  return mark.bootId === bootId() && processOf(mark.pid)?.startTicks === mark.startTicks
}

/**
 * The living processes that carry `entry` (`NAME=value`) in their environment, if one is given, and those in the
 * group of `leader`. The environment finds what left its group by setsid; the group finds what cleared its environment.
 */
export function processesOf(entry: string | undefined, leader: ProcessMark | undefined): readonly Process[] {
  const group = leader && isAlive(leader) ? leader.pid : undefined
  const found: Process[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const process = processOf(Number(name))
    if (!process) continue
    if (process.group === group || (entry !== undefined && carries(process.pid, entry))) found.push(process)
  }
  return found
}

/** Sends a signal to a process if it is still the same one. */
export function signal(target: Process, name: NodeJS.Signals): void {
  if (processOf(target.pid)?.startTicks !== target.startTicks) return
  try {
    process.kill(target.pid, name)
  } catch (error) {
    // It ended in between, which is what most signals are for.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function carries(pid: number, entry: string): boolean {
  return `\0${readProc(`${pid}/environ`) ?? ''}`.includes(`\0${entry}\0`)
}

function bootId(): string {
  return readProc('sys/kernel/random/boot_id')?.trim() ?? ''
}

/** A process may end, or be another user's, at any moment: both read as nothing. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return undefined
  }
}
