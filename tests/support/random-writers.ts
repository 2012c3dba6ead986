/** Programs that change a mounted file system in every way that a server does, each step drawn from a seed. */
import {
  closeSync,
  constants,
  copyFileSync,
  fdatasyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import koffi from 'koffi'
import { alignedBuffer } from '../../agent/protocol/aligned.ts'
import { findTool } from '../../agent/source/inspect/tools.ts'
import { sh } from './loop-disk.ts'

/** Numbers that only a seed decides (mulberry32). */
export function chance(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

const libc = koffi.load('libc.so.6')
const mmap = libc.func('void *mmap(void *, size_t, int, int, int, int64_t)') as (
  ...args: unknown[]
) => unknown
const memset = libc.func('void *memset(void *, int, size_t)') as (...args: unknown[]) => unknown
const munmap = libc.func('int munmap(void *, size_t)') as (...args: unknown[]) => unknown
const [PROT_READ_WRITE, MAP_SHARED] = [3, 1]

const FILES = 12
const PAGE = 4096
const aligned = alignedBuffer(64 * 1024)

type Step = (root: string, random: (below: number) => number) => void

const noise = (bytes: number, random: (below: number) => number): Buffer =>
  createHash('shake256', { outputLength: bytes })
    .update(String(random(1e9)))
    .digest()

/** A file with at least so many bytes, which may not have been there before. */
function opened(root: string, random: (below: number) => number, flags = 0): { fd: number; bytes: number } {
  const path = join(root, `file-${random(FILES)}`)
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | flags)
  const { size } = statSync(path)
  const bytes = Math.max(size, PAGE * (1 + random(256)))
  if (bytes > size) ftruncateSync(fd, bytes)
  return { fd, bytes }
}

const STEPS: Readonly<Record<string, Step>> = {
  buffered: (root, random) => {
    const { fd, bytes } = opened(root, random)
    for (let i = random(8); i >= 0; i--)
      writeSync(fd, noise(1 + random(9000), random), 0, undefined, random(bytes))
    if (random(2) === 0) fdatasyncSync(fd)
    closeSync(fd)
  },
  direct: (root, random) => {
    const { fd, bytes } = opened(root, random, constants.O_DIRECT)
    const length = PAGE * (1 + random(16))
    aligned.set(noise(length, random))
    writeSync(fd, aligned, 0, length, random(Math.ceil(bytes / PAGE)) * PAGE)
    closeSync(fd)
  },
  mapped: (root, random) => {
    const { fd, bytes } = opened(root, random)
    const at = Math.floor(random(bytes) / PAGE) * PAGE
    const length = Math.min(bytes - at, PAGE * (1 + random(8)))
    const memory = mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, at)
    memset(memory, 1 + random(255), length)
    munmap(memory, length)
    closeSync(fd)
  },
  appended: (root, random) => {
    const fd = openSync(join(root, `log-${random(3)}`), 'a')
    writeSync(fd, noise(1 + random(2000), random))
    closeSync(fd)
  },
  truncated: (root, random) => {
    const { fd, bytes } = opened(root, random)
    closeSync(fd)
    for (const name of readdirSync(root)
      .filter((each) => each.startsWith('file-'))
      .slice(0, 1))
      truncateSync(join(root, name), random(bytes * 2))
  },
  named: (root, random) => {
    const directory = join(root, `directory-${random(6)}`)
    mkdirSync(directory, { recursive: true })
    for (let i = 0; i < 5; i++)
      writeFileSync(join(directory, `${random(50)}`), noise(1 + random(3000), random))
    const [first, second] = readdirSync(directory)
    if (first !== undefined) renameSync(join(directory, first), join(directory, `moved-${random(1000)}`))
    if (second !== undefined) linkSync(join(directory, second), join(directory, `link-${random(1e6)}`))
    symlinkSync('anywhere', join(directory, `symbolic-${random(1e6)}`))
    utimesSync(directory, random(1e9), random(1e9))
  },
  removed: (root, random) => {
    rmSync(join(root, `directory-${random(6)}`), { recursive: true, force: true })
    rmSync(join(root, `file-${random(FILES)}`), { force: true })
  },
  copied: (root, random) => {
    const { fd } = opened(root, random)
    closeSync(fd)
    const [name] = readdirSync(root).filter((each) => each.startsWith('file-'))
    // A copy that shares its blocks where the file system can do that.
    if (name !== undefined)
      copyFileSync(join(root, name), join(root, `copy-${random(3)}`), constants.COPYFILE_FICLONE)
  },
  punched: (root, random) => {
    const { fd, bytes } = opened(root, random)
    closeSync(fd)
    const [name] = readdirSync(root).filter((each) => each.startsWith('file-'))
    const how = ['--punch-hole', '--zero-range'][random(2)] ?? '--punch-hole'
    if (name !== undefined && findTool('fallocate') !== undefined)
      sh(
        'fallocate',
        how,
        '--offset',
        String(random(bytes)),
        '--length',
        String(PAGE * (1 + random(32))),
        join(root, name),
      )
  },
  trimmed: (root) => void sh('fstrim', root),
}

export const KINDS = Object.keys(STEPS)

/** A step of each kind but trimming. Returns their names. */
export function disturbInEveryWay(root: string, random: (below: number) => number): string[] {
  const kinds = KINDS.filter((kind) => kind !== 'trimmed')
  for (const kind of kinds) STEPS[kind]?.(root, random)
  return kinds
}

/** Takes a few steps, of whatever kinds the seed picks. Returns their names. */
export function disturb(root: string, random: (below: number) => number, steps: number): string[] {
  return Array.from({ length: steps }, () => {
    // Trimming touches all that is free: done often it would hide what else is missed.
    const kind = random(3000) === 0 ? 'trimmed' : (KINDS[random(KINDS.length - 1)] ?? 'buffered')
    STEPS[kind]?.(root, random)
    return kind
  })
}
