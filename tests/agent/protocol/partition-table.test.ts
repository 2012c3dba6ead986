import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { pinOf, selfSigned } from '../../../agent/receiver/certificate.ts'
import { readPartitionTable, type ReadAt } from '../../../agent/protocol/partition-table.ts'

const SIZE = 1024 * 1024

const reading =
  (disk: Buffer): ReadAt =>
  (offset, bytes) =>
    disk.subarray(offset, offset + bytes)

function mbr(disk: Buffer, at: number, entries: readonly (readonly [number, number, number])[]): void {
  entries.forEach(([type, start, sectors], i) => {
    disk.writeUInt8(type, at + 446 + i * 16 + 4)
    disk.writeUInt32LE(start, at + 446 + i * 16 + 8)
    disk.writeUInt32LE(sectors, at + 446 + i * 16 + 12)
  })
  disk.writeUInt16LE(0xaa55, at + 510)
}

describe('a partition table', () => {
  it('is none on a blank disk: the whole disk is one stretch', () => {
    expect(readPartitionTable(reading(Buffer.alloc(SIZE)), SIZE)).toEqual({
      kind: 'none',
      partitions: [{ number: 0, offset: 0, bytes: SIZE }],
      problem: undefined,
    })
  })

  it('of MBR kind gives primary and logical partitions', () => {
    const disk = Buffer.alloc(SIZE)
    mbr(disk, 0, [
      [0x83, 8, 100],
      [0x05, 200, 800],
    ])
    mbr(disk, 200 * 512, [
      [0x83, 2, 50],
      [0x05, 100, 60],
    ])
    mbr(disk, 300 * 512, [[0x82, 2, 40]])

    expect(readPartitionTable(reading(disk), SIZE).partitions).toEqual([
      { number: 1, offset: 8 * 512, bytes: 100 * 512 },
      { number: 5, offset: 202 * 512, bytes: 50 * 512 },
      { number: 6, offset: 302 * 512, bytes: 40 * 512 },
    ])
  })

  it('of GPT kind gives its entries', () => {
    const disk = Buffer.alloc(SIZE)
    mbr(disk, 0, [[0xee, 1, 2047]])
    disk.write('EFI PART', 512, 'latin1')
    disk.writeBigUInt64LE(2n, 512 + 72)
    disk.writeUInt32LE(128, 512 + 80)
    disk.writeUInt32LE(128, 512 + 84)
    disk.writeUInt8(1, 1024)
    disk.writeBigUInt64LE(64n, 1024 + 32)
    disk.writeBigUInt64LE(127n, 1024 + 40)

    expect(readPartitionTable(reading(disk), SIZE)).toEqual({
      kind: 'gpt',
      partitions: [{ number: 1, offset: 64 * 512, bytes: 64 * 512 }],
      problem: undefined,
    })
  })

  it('that reaches beyond the disk says so', () => {
    const disk = Buffer.alloc(SIZE)
    mbr(disk, 0, [[0x83, 8, 100_000]])

    expect(readPartitionTable(reading(disk), SIZE).problem).toContain('beyond the end')
  })
})

describe('the certificate', () => {
  it('is a valid self-signed one around the key that is pinned', () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString()

    const certificate = new X509Certificate(selfSigned(key))

    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.subject).toBe('CN=ferry receiver')
    expect(pinOf(key)).toMatch(/^[0-9a-f]{64}$/)
  })
})
