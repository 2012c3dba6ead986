/**
 * A server's disk for measuring: of each four extents of 4 MiB, about one is a hole; of the rest a fifth is written
 * zeros, half is incompressible and the others are text that packs to less than half.
 */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { Noise } from './noise.ts'

const MIB = 1024 ** 2
const EXTENT_BYTES = 4 * MIB
const CORPUS_BYTES = 16 * MIB
/** Shares of a hundred extents, in this order; the rest is text. */
const HOLES = 25
const ZEROS = 15
const INCOMPRESSIBLE = 35

/** Words in lines, as logs and sources have them. */
function textOf(noise: Noise): Buffer {
  const words = Array.from({ length: 2000 }, () =>
    noise
      .bytes(2 + noise.below(5))
      .toString('base64url')
      .toLowerCase(),
  )
  const text: string[] = []
  for (let bytes = 0; bytes < CORPUS_BYTES;) {
    // Some words are common, most are rare.
    const word = words[noise.below(1 + noise.below(words.length))] ?? ''
    const part = noise.below(12) === 0 ? `${word}\n` : `${word} `
    text.push(part)
    bytes += part.length
  }
  return Buffer.from(text.join('')).subarray(0, CORPUS_BYTES)
}

/** Makes the disk as a raw file. The same seed and size give the same bytes. Returns how many of them are no hole. */
export function buildImage(path: string, sizeBytes: number, seed: string): number {
  const noise = new Noise(seed)
  const text = textOf(noise)
  const zeros = Buffer.alloc(EXTENT_BYTES)
  const fd = openSync(path, 'w')
  let written = 0
  try {
    ftruncateSync(fd, sizeBytes)
    for (let offset = 0; offset < sizeBytes; offset += EXTENT_BYTES) {
      const kind = noise.below(100)
      if (kind < HOLES) continue
      const length = Math.min(EXTENT_BYTES, sizeBytes - offset)
      const from = noise.below(CORPUS_BYTES - EXTENT_BYTES)
      const extent =
        kind < HOLES + ZEROS
          ? zeros
          : kind < HOLES + ZEROS + INCOMPRESSIBLE
            ? noise.bytes(length)
            : text.subarray(from, from + length)
      writeSync(fd, extent, 0, length, offset)
      written += length
    }
  } finally {
    closeSync(fd)
  }
  return written
}
