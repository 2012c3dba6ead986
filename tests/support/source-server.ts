import { randomBytes } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../scripts/demo/proof.ts'
import { MIB, sparse } from './machines.ts'

const BLOCK = 64 * 1024

/** A server of two small disks with data and holes, as files. Neither ends with a whole block. */
export class SourceServer {
  readonly disks: readonly { readonly path: string; readonly sizeBytes: number }[]

  constructor(directory: string) {
    this.disks = [4 * MIB + 5 * 512, 2 * MIB + 512].map((sizeBytes, index) => ({
      path: join(directory, `disk-${index}.img`),
      sizeBytes,
    }))
    for (const { path, sizeBytes } of this.disks) sparse(path, sizeBytes)
  }

  /** Writes new data over several blocks of every disk, and zeros over one that had some. */
  change(): void {
    for (const { path, sizeBytes } of this.disks) {
      const blocks = Math.floor(sizeBytes / BLOCK)
      const fd = openSync(path, 'r+')
      const at = randomBytes(6).map((byte) => byte % blocks)
      for (const block of at) writeSync(fd, randomBytes(BLOCK / 2), 0, BLOCK / 2, block * BLOCK + 4096)
      writeSync(fd, Buffer.alloc(BLOCK), 0, BLOCK, (at[0] ?? 0) * BLOCK)
      writeSync(fd, randomBytes(512), 0, 512, sizeBytes - 512)
      closeSync(fd)
    }
  }

  /** SHA-256 of each disk as it is now. */
  digests(): Promise<readonly string[]> {
    return Promise.all(this.disks.map(({ path, sizeBytes }) => sha256(path, sizeBytes)))
  }

  /** SHA-256 of a copy of each disk. The copies may be longer: the cloud's disks are whole GiB. */
  digestsIn(copies: readonly string[]): Promise<readonly string[]> {
    return Promise.all(copies.map((path, index) => sha256(path, this.disks[index]?.sizeBytes ?? 0)))
  }
}
