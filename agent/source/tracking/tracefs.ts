/** Where the kernel's tracing file system is, and the names that an agent's instances have in it. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync, rmdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf, toHex } from '../../protocol/digest.ts'
import { privateDirectory } from '../../protocol/durable.ts'
import { log, wordsOf } from '../../protocol/log.ts'
import { findTool } from '../inspect/tools.ts'

const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing']
/** `statfs(2)`: a file system in memory. */
const TMPFS = 0x0102_1994

/** The directory of tracefs, mounted if need be, as systemd does; undefined where there is none. */
export function findTracefs(): string | undefined {
  const mounted = (): string | undefined => PLACES.find((place) => existsSync(join(place, 'instances')))
  const found = mounted()
  const mount = findTool('mount')
  if (found !== undefined || mount === undefined || !existsSync(PLACES[0] ?? '')) return found
  spawnSync(mount, ['-t', 'tracefs', 'nodev', PLACES[0] ?? ''], { stdio: 'ignore' })
  return mounted()
}

/** What tells this agent's instances and maps from those of an agent with another home. */
const nameOf = (home: string): string => toHex(digestOf(Buffer.from(realpathSync(home)))).slice(0, 8)

/** The name of a disk's instance. */
export const instanceName = (home: string, disk: number): string => `ferry-${nameOf(home)}-${disk}`

/** Removes this agent's instances that are of none of these disks. Repeatable. */
export function removeOthers(tracefs: string, home: string, disks: readonly number[]): void {
  const mine = `ferry-${nameOf(home)}-`
  for (const name of readdirSync(join(tracefs, 'instances'))) {
    if (!name.startsWith(mine) || disks.includes(Number(name.slice(mine.length)))) continue
    try {
      rmdirSync(join(tracefs, 'instances', name))
    } catch (problem) {
      log('info', 'an instance of a former disk stays', { name, because: wordsOf(problem) })
    }
  }
}

/**
 * Where dirty maps lie: in memory if there is a file system for that, since they are worth nothing after a reboot and
 * every write of theirs to a disk would be a write to be tracked; else in the agent's home.
 */
export function mapDirectory(home: string, run = '/run'): string {
  const path = mapPlace(home, run)
  if (path !== home) privateDirectory(path)
  return path
}

/** The same without making it. */
export function mapPlace(home: string, run = '/run'): string {
  const isMemory = existsSync(run) && statfsSync(run).type === TMPFS
  return isMemory ? join(run, `ferry-agent-${nameOf(home)}`) : home
}
