import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'

export const KIB = 1024
export const MIB = 1024 * KIB

/** A disk of a source: a sparse file, with bytes only where a test has written some. */
export interface SourceDisk {
  readonly path: string
  readonly sizeBytes: number
  /** Writes `bytes`, or that many bytes that do not compress and that only `seed` decides. */
  write(offset: number, bytes: Buffer | number, seed?: string): void
  /** Everything that lies on it now. */
  read(): Buffer
}

/** Makes a disk per size in `directory`, each with a few bytes at both of its ends. */
export function sourceDisks(directory: string, sizes: readonly number[]): readonly SourceDisk[] {
  mkdirSync(directory, { recursive: true })
  return sizes.map((sizeBytes, index) => {
    const disk = sparseDisk(join(directory, `disk-${index}.img`), sizeBytes)
    disk.write(0, Buffer.from(`the first bytes of disk ${index}`))
    disk.write(sizeBytes - 16, Buffer.from(`its last ones ${index}`.slice(0, 16)))
    return disk
  })
}

function sparseDisk(path: string, sizeBytes: number): SourceDisk {
  const file = openSync(path, 'w')
  ftruncateSync(file, sizeBytes)
  closeSync(file)
  return {
    path,
    sizeBytes,
    write: (offset, bytes, seed = 'a seed') => {
      const data = typeof bytes === 'number' ? noise(bytes, `${seed} at ${offset}`) : bytes
      if (offset + data.length > sizeBytes) throw new RangeError('The write goes beyond the end of the disk.')
      const opened = openSync(path, 'r+')
      writeSync(opened, data, 0, data.length, offset)
      closeSync(opened)
    },
    read: () => readFileSync(path),
  }
}

function noise(length: number, seed: string): Buffer {
  return createHash('shake256', { outputLength: length }).update(seed).digest()
}
