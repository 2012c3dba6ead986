import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { alignedBuffer } from '../../../agent/protocol/aligned.ts'
import type { SourceDisk } from '../../../agent/protocol/control.ts'
import { BLOCK_BYTES } from '../../../agent/protocol/geometry.ts'
import { EXTENT_BYTES, Extents } from '../../../agent/source/extents.ts'
import { ReadAhead } from '../../../agent/source/read-ahead.ts'
import { Noise } from '../../../scripts/bench/bytes/noise.ts'

const directory = mkdtempSync(join(tmpdir(), 'ferry-ahead-'))
afterAll(() => rmSync(directory, { recursive: true }))

const MOST_BYTES = 5 * EXTENT_BYTES + 3 * BLOCK_BYTES + 4096
const path = join(directory, 'disk.img')
const bytes = new Noise('read ahead').bytes(MOST_BYTES)
writeFileSync(path, bytes)

/** The file as if it were a device, which is read past the page cache. */
const device = (sizeBytes: number): SourceDisk => ({
  ...{ index: 0, path, kind: 'block', sizeBytes, identity: 'device' },
})

const space = alignedBuffer(EXTENT_BYTES)

describe('a stretch of a block device', () => {
  it('is what lies there, however much of it fits each time', async () => {
    const blocks = fc.integer({ min: 1, max: EXTENT_BYTES / BLOCK_BYTES })
    const property = fc.asyncProperty(
      fc.array(blocks, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 0, max: 40 }),
      fc.boolean(),
      async (rooms, first, isRestful) => {
        const extents = new Extents(device(MOST_BYTES), isRestful)
        for (let offset = first * BLOCK_BYTES, turn = 0; offset < MOST_BYTES; turn++) {
          const room = space.subarray(0, (rooms[turn % rooms.length] ?? 1) * BLOCK_BYTES)
          const part = await extents.next(offset, MOST_BYTES, room)
          expect(part.length).toBeGreaterThan(0)
          expect(part.length).toBeLessThanOrEqual(room.length)
          expect(part.equals(bytes.subarray(offset, offset + part.length))).toBe(true)
          offset += part.length
        }
        extents.close()
      },
    )
    await fc.assert(property, { numRuns: 30 })
  })

  it('may be left for another one before its end', async () => {
    const extents = new Extents(device(MOST_BYTES))
    for (const offset of [0, 3 * EXTENT_BYTES, EXTENT_BYTES]) {
      const part = await extents.next(offset, MOST_BYTES, space)
      expect(part.equals(bytes.subarray(offset, offset + part.length))).toBe(true)
    }
    extents.close()
  })

  it('ends with a fault where the device has become shorter', async () => {
    const extents = new Extents(device(MOST_BYTES + 2 * EXTENT_BYTES))
    const all = async (): Promise<void> => {
      for (let offset = 0; offset < extents.disk.sizeBytes;)
        offset += (await extents.next(offset, extents.disk.sizeBytes, space)).length
    }
    await expect(all()).rejects.toMatchObject({ code: 'DISK_CHANGED' })
    extents.close()
  })
})

describe('reading ahead', () => {
  it('stops at the end of the stretch', async () => {
    const fd = openSync(path, 'r')
    const ahead = new ReadAhead(fd, EXTENT_BYTES)
    await ahead.at(0, 2 * EXTENT_BYTES, EXTENT_BYTES)
    expect(ahead.has(EXTENT_BYTES)).toBe(true)
    await ahead.at(EXTENT_BYTES, 2 * EXTENT_BYTES, EXTENT_BYTES)
    expect(ahead.has(2 * EXTENT_BYTES)).toBe(false)
    closeSync(fd)
  })

  it('fails only for whoever asks for what could not be read', async () => {
    const fd = openSync(directory, 'r')
    const ahead = new ReadAhead(fd, EXTENT_BYTES)
    await expect(ahead.at(0, EXTENT_BYTES, EXTENT_BYTES)).rejects.toMatchObject({ code: 'EISDIR' })
    await ahead.settled()
    closeSync(fd)
  })
})
