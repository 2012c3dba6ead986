/** Puts checked blocks where they belong, in place, with as few writes as their order allows. */
import { writeSync } from 'node:fs'
import { BLOCK_BYTES } from '../protocol/control.ts'
import { zeros } from '../protocol/geometry.ts'
import type { CheckedBatch } from './check-batch.ts'

function writeAll(fd: number, bytes: Buffer, offset: number): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(fd, bytes, done, bytes.length - done, offset + done)
}

/** Writes a batch. Zeros are written too: an agent sends none where the manifest says that there are zeros already. */
export function writeBlocks(fd: number, batch: CheckedBatch): void {
  let run = { from: 0, to: 0, offset: 0 }
  const flush = (): void => writeAll(fd, batch.raw.subarray(run.from, run.to), run.offset)
  let at = 0
  for (const { block, kind, length } of batch.entries) {
    const offset = block * BLOCK_BYTES
    if (kind === 'zero') {
      writeAll(fd, zeros(length), offset)
      continue
    }
    if (run.offset + (run.to - run.from) !== offset || run.to === run.from) {
      flush()
      run = { from: at, to: at, offset }
    }
    at += length
    run.to = at
  }
  flush()
}
