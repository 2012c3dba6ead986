import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { BLOCK_BYTES } from '../../../agent/protocol/geometry.ts'
import { DIGEST_BYTES } from '../../../agent/protocol/digest.ts'
import { compareExtent, compareHole } from '../../../agent/source/compare.ts'
import { EXTENT_BYTES, Extents } from '../../../agent/source/extents.ts'

const directory = mkdtempSync(join(tmpdir(), 'ferry-holes-'))
afterAll(() => rmSync(directory, { recursive: true }))

interface Written {
  readonly offset: number
  readonly bytes: number
}

/** A raw file of this size that holds data only where it was written. */
function sparse(sizeBytes: number, written: readonly Written[]): Extents {
  const path = join(directory, 'disk.img')
  rmSync(path, { force: true })
  const fd = openSync(path, 'w')
  ftruncateSync(fd, sizeBytes)
  for (const { offset, bytes } of written) writeSync(fd, Buffer.alloc(bytes, 7), 0, bytes, offset)
  closeSync(fd)
  return new Extents({ index: 0, path, kind: 'file', sizeBytes, identity: 'file' })
}

const MIB = 1024 * 1024

describe('holes of a raw file', () => {
  it('reach up to the data that follows', () => {
    const extents = sparse(4 * MIB, [{ offset: 2 * MIB, bytes: BLOCK_BYTES }])
    expect(extents.holeBytes(0, MIB)).toBe(MIB)
    expect(extents.holeBytes(MIB, 4 * MIB)).toBe(MIB)
    expect(extents.holeBytes(2 * MIB, MIB)).toBe(0)
    expect(extents.holeBytes(3 * MIB, MIB)).toBe(MIB)
    extents.close()
  })

  it('are asked for in whole blocks, but for the end of the disk', () => {
    const extents = sparse(4 * BLOCK_BYTES + 512, [{ offset: 2 * BLOCK_BYTES + 8192, bytes: 4096 }])
    expect(extents.holeBytes(0, MIB)).toBe(2 * BLOCK_BYTES)
    expect(extents.holeBytes(2 * BLOCK_BYTES, MIB)).toBe(0)
    expect(extents.holeBytes(3 * BLOCK_BYTES, MIB)).toBe(BLOCK_BYTES + 512)
    extents.close()
  })

  it('are none on a block device, whose bytes all count', () => {
    const file = sparse(MIB, [])
    const device = new Extents({ ...file.disk, kind: 'block' })
    expect(device.holeBytes(0, MIB)).toBe(0)
    device.close()
    file.close()
  })
})

/** The digests of all blocks, with holes left out or with everything read. */
function digests(extents: Extents, skipsHoles: boolean): Buffer {
  const { sizeBytes } = extents.disk
  const own = Buffer.alloc(Math.ceil(sizeBytes / BLOCK_BYTES) * DIGEST_BYTES)
  const rows = { own, theirs: Buffer.alloc(own.length) }
  for (let offset = 0; offset < sizeBytes;) {
    const bytes = Math.min(EXTENT_BYTES, sizeBytes - offset)
    const hole = skipsHoles ? extents.holeBytes(offset, bytes) : 0
    if (hole > 0) compareHole(hole, 0, offset / BLOCK_BYTES, rows, () => undefined)
    else {
      const extent = Buffer.alloc(bytes)
      extents.read(offset, extent)
      compareExtent(extent, 0, offset / BLOCK_BYTES, rows, () => undefined)
    }
    offset += hole > 0 ? hole : bytes
  }
  return own
}

describe('a comparison that leaves holes out', () => {
  it('finds the digests that reading everything finds', () => {
    const written = fc.array(
      fc.record({ offset: fc.nat(8 * MIB - 1), bytes: fc.integer({ min: 1, max: 200_000 }) }),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 8 * MIB, max: 8 * MIB + 3 * BLOCK_BYTES }),
        written,
        (sizeBytes, places) => {
          const extents = sparse(
            sizeBytes,
            places.map(({ offset, bytes }) => ({ offset, bytes: Math.min(bytes, sizeBytes - offset) })),
          )
          expect(digests(extents, true).equals(digests(extents, false))).toBe(true)
          extents.close()
        },
      ),
      { numRuns: 40 },
    )
  })

  it('reads what was written into a hole since', () => {
    const extents = sparse(2 * MIB, [])
    expect(extents.holeBytes(0, MIB)).toBe(MIB)
    const fd = openSync(extents.disk.path, 'r+')
    writeSync(fd, Buffer.alloc(512, 1), 0, 512, MIB + BLOCK_BYTES)
    closeSync(fd)
    const later = new Extents(extents.disk)
    expect(later.holeBytes(MIB, MIB)).toBeLessThan(MIB)
    expect(digests(later, true).equals(digests(later, false))).toBe(true)
    expect(readFileSync(extents.disk.path)[MIB + BLOCK_BYTES]).toBe(1)
    extents.close()
    later.close()
  })
})
