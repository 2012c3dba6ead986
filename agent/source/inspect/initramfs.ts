/**
 * Lists what lies in an initramfs: cpio archives one after the other, the last one usually compressed. Node knows gzip
 * itself; for the rest the source's own programs are asked, and where they are missing it cannot be told.
 */
import { createReadStream, openSync, readSync, closeSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Writable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CpioNames, NotCpio } from './cpio.ts'
import { CannotTell } from './root.ts'
import { filter, findTool } from './tools.ts'

/** How long an initramfs may take to be read. */
const READ_MS = 60_000

interface Packing {
  readonly name: string
  readonly magic: Buffer
  /** Undefined: Node itself. */
  readonly tool: readonly [string, ...string[]] | undefined
}

const PACKINGS: readonly Packing[] = [
  { name: 'gzip', magic: Buffer.from([0x1f, 0x8b]), tool: undefined },
  { name: 'zstd', magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), tool: ['zstd', '-dcq'] },
  { name: 'xz', magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]), tool: ['xz', '-dcq'] },
  { name: 'lz4', magic: Buffer.from([0x02, 0x21, 0x4c, 0x18]), tool: ['lz4', '-dcq'] },
  { name: 'lz4', magic: Buffer.from([0x04, 0x22, 0x4d, 0x18]), tool: ['lz4', '-dcq'] },
  { name: 'bzip2', magic: Buffer.from('BZh'), tool: ['bzip2', '-dcq'] },
  { name: 'lzop', magic: Buffer.from([0x89, 0x4c, 0x5a, 0x4f]), tool: ['lzop', '-dcq'] },
  { name: 'lzma', magic: Buffer.from([0x5d, 0x00, 0x00]), tool: ['xz', '-dcq', '--format=lzma'] },
]

/** The paths of the files in it. Throws CannotTell with the reason. */
export async function initramfsNames(path: string): Promise<readonly string[]> {
  const plain = await plainNames(path)
  const head = headAt(path, plain.consumed)
  if (head.length === 0 || head.every((byte) => byte === 0)) return plain.names
  const packing = PACKINGS.find(({ magic }) => head.subarray(0, magic.length).equals(magic))
  if (packing === undefined) throw new CannotTell('it is in no format that is known')
  return [...plain.names, ...(await packedNames(path, plain.consumed, packing))]
}

/** What lies in the archives that are not compressed, and where they end. */
async function plainNames(path: string): Promise<{ names: readonly string[]; consumed: number }> {
  const cpio = new CpioNames()
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), into(cpio))
  } catch (problem) {
    if (!(problem instanceof NotCpio)) throw problem
  }
  return cpio
}

async function packedNames(path: string, from: number, { name, tool }: Packing): Promise<readonly string[]> {
  const cpio = new CpioNames()
  const packed = createReadStream(path, { start: from, highWaterMark: 1024 * 1024 })
  const signal = AbortSignal.timeout(READ_MS)
  try {
    if (tool === undefined) await pipeline(packed, createGunzip(), into(cpio), { signal })
    else await throughTool(tool, packed, into(cpio), signal)
  } catch (problem) {
    // What follows the last archive may be anything: padding, a signature.
    if (!cpio.isAtEnd || cpio.names.length === 0)
      throw problem instanceof CannotTell ? problem : new CannotTell(`its ${name} part cannot be read`)
  }
  if (cpio.names.length === 0) throw new CannotTell(`its ${name} part holds no files`)
  return cpio.names
}

async function throughTool(
  [program, ...args]: readonly [string, ...string[]],
  packed: NodeJS.ReadableStream,
  names: Writable,
  signal: AbortSignal,
): Promise<void> {
  const found = findTool(program)
  if (found === undefined)
    throw new CannotTell(`${program}, which it is compressed with, is not on this machine`)
  const child = filter(found, args)
  if (child.stdin === null || child.stdout === null) throw new CannotTell(`${program} cannot be started`)
  try {
    await Promise.all([pipeline(packed, child.stdin, { signal }), pipeline(child.stdout, names, { signal })])
  } finally {
    child.kill()
  }
}

function into(cpio: CpioNames): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      try {
        cpio.push(chunk)
        done()
      } catch (problem) {
        done(problem as Error)
      }
    },
  })
}

function headAt(path: string, offset: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(16)
    return head.subarray(0, readSync(file, head, 0, head.length, offset))
  } finally {
    closeSync(file)
  }
}
