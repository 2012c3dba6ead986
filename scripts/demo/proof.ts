import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'

const BLOCK = 65_536

/**
 * SHA-256 of the first `bytes` of a file, read here and now: it knows nothing of manifests, digests or roots.
 * The cloud's disk may be larger than the source's; what lies behind is no part of the copy.
 */
export async function sha256(path: string, bytes: number): Promise<string> {
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of createReadStream(path, { end: bytes - 1, highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer)
    length += (chunk as Buffer).length
  }
  if (length !== bytes) throw new Error(`${path} has ${length} bytes; ${bytes} are expected`)
  return hash.digest('hex')
}

/** How many bytes lie in blocks of 64 KiB that differ between two files, counted here and now. */
export function differingBytes(one: string, other: string, bytes: number): number {
  const files = [openSync(one, 'r'), openSync(other, 'r')] as const
  const buffers = [Buffer.alloc(BLOCK), Buffer.alloc(BLOCK)] as const
  let differing = 0
  try {
    for (let at = 0; at < bytes; at += BLOCK) {
      const length = Math.min(BLOCK, bytes - at)
      for (const side of [0, 1] as const) readSync(files[side], buffers[side], 0, length, at)
      if (buffers[0].compare(buffers[1], 0, length, 0, length) !== 0) differing += length
    }
  } finally {
    for (const file of files) closeSync(file)
  }
  return differing
}
