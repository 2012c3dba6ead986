/** The programs that Ferry is measured against, each as an operator would call it. */
import { spawnSync } from 'node:child_process'

/** Runs a program to its end; the seconds it took, its start included. Throws with its words when it fails. */
function timed(command: string, ...args: string[]): number {
  const start = performance.now()
  const run = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  const seconds = (performance.now() - start) / 1000
  if (run.status !== 0) throw new Error(`${command} failed: ${run.error?.message ?? run.stderr}`)
  return seconds
}

export const isInstalled = (command: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${command}`]).status === 0

/** Plain reading: the measure of all the others. */
export const cat = (path: string): number => timed('sh', '-c', 'exec cat "$0" > /dev/null', path)

/** Makes everything that was written to this file's file system durable. */
export const flush = (path: string): number => timed('sync', '-f', path)

/** Updates `target` in place, sending what differs, on this machine and without encryption. */
export const rsync = (source: string, target: string): number =>
  timed('rsync', '--inplace', '--no-whole-file', '--ignore-times', source, target)

/** A full copy over a socket to a server that writes a raw file, without encryption. */
export const nbdcopy = (source: string, target: string): number =>
  timed('nbdkit', '-U', '-', 'file', target, '--run', `nbdcopy ${source} $uri`)

/** Reads a block device past the page cache. */
export const directRead = (device: string): number =>
  timed('dd', `if=${device}`, 'of=/dev/null', 'bs=1M', 'iflag=direct')

/** Whether both files hold the same bytes. */
export const isEqual = (one: string, other: string): boolean => spawnSync('cmp', [one, other]).status === 0
