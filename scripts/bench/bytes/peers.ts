/** The programs that Ferry is measured against, each as an operator would call it. */
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * Runs a program to its end; the seconds it took, its start included. Meanwhile the bot of the bench answers its agent.
 * Throws with the program's words when it fails.
 */
async function timed(command: string, ...args: string[]): Promise<number> {
  const start = performance.now()
  await promisify(execFile)(command, args)
  return (performance.now() - start) / 1000
}

export const isInstalled = (command: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${command}`]).status === 0

/** Plain reading: the measure of all the others. */
export const cat = (path: string): Promise<number> => timed('sh', '-c', 'exec cat "$0" > /dev/null', path)

/** Makes everything that was written to this file's file system durable. */
export const flush = (path: string): Promise<number> => timed('sync', '-f', path)

/** Updates `target` in place, sending what differs, on this machine and without encryption. */
export const rsync = (source: string, target: string): Promise<number> =>
  timed('rsync', '--inplace', '--no-whole-file', '--ignore-times', source, target)

/** A full copy over a socket to a server that writes a raw file, without encryption. */
export const nbdcopy = (source: string, target: string): Promise<number> =>
  timed('nbdkit', '-U', '-', 'file', target, '--run', `nbdcopy ${source} $uri`)

/** Reads a block device past the page cache. */
export const directRead = (device: string): Promise<number> =>
  timed('dd', `if=${device}`, 'of=/dev/null', 'bs=1M', 'iflag=direct')

/** Whether both files hold the same bytes. */
export const isEqual = (one: string, other: string): Promise<boolean> =>
  timed('cmp', one, other).then(
    () => true,
    () => false,
  )
