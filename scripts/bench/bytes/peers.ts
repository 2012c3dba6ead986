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

/** A program that brings a target up to its source in place: on this machine, without encryption. */
export interface Peer {
  readonly name: 'rsync' | 'bdsync' | 'blocksync-fast'
  /** Takes down what it keeps from sync to sync, in a file of its own; the target equals the source. */
  readonly prepare?: (source: string, notes: string) => Promise<number>
  readonly sync: (source: string, target: string, notes: string) => Promise<number>
}

/** Each with the options that serve it best for disks; bdsync last, since it evicts both files from the cache. */
const PEERS: readonly Peer[] = [
  {
    name: 'rsync',
    sync: (source, target) =>
      timed('rsync', '--inplace', '--no-whole-file', '--ignore-times', source, target),
  },
  {
    name: 'blocksync-fast',
    prepare: (source, notes) =>
      timed('blocksync-fast', ...['--make-digest', '-s', source, '-f', notes, ...HASHES, '--silent']),
    sync: (source, target, notes) =>
      timed('blocksync-fast', '-s', source, '-d', target, '-f', notes, '--silent'),
  },
  {
    name: 'bdsync',
    sync: (source, target) => timed('sh', '-c', BDSYNC, source, target),
  },
]

/** Blocks and digests as Ferry has them, but that these can be forged. */
const HASHES = ['-b', '64K', '-a', 'XXH128']
const BDSYNC =
  'bdsync --blocksize=65536 --hash=sha256 --zeroblocks "bdsync --server" "$0" "$1" | bdsync --patch="$1"'

/** Those that a binary is found of. */
export const installedPeers = (): readonly Peer[] => PEERS.filter(({ name }) => isInstalled(name))

/** A full copy over a socket to a server that writes a raw file, without encryption. */
export const nbdcopy = (source: string, target: string): Promise<number> =>
  timed('nbdkit', '-U', '-', 'file', target, '--run', `nbdcopy ${source} $uri`)

/** The same over TLS, under a key that both read from `keys` (a line `ferry:key in hex`). */
export const nbdcopyOverTls = (source: string, target: string, keys: string): Promise<number> =>
  timed(
    ...(['nbdkit', '-U', '-', '--tls=require', `--tls-psk=${keys}`, 'file', target, '--run'] as const),
    `nbdcopy ${source} "nbds+unix://ferry@/?socket=$unixsocket&tls-psk-file=${keys}"`,
  )

/** Reads a block device past the page cache. */
export const directRead = (device: string): Promise<number> =>
  timed('dd', `if=${device}`, 'of=/dev/null', 'bs=1M', 'iflag=direct')

/** Whether both files hold the same bytes. */
export const isEqual = (one: string, other: string): Promise<boolean> =>
  timed('cmp', one, other).then(
    () => true,
    () => false,
  )
