import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildServerDisks, changeServerDisks } from '../../sandbox/server-disk.ts'
import { buildDatabase } from '../../sandbox/server-disk/database.ts'
import { findTool, isClean } from '../../sandbox/server-disk/ext4.ts'
import { temporaryHome } from './ecs-client.ts'

const small = { systemMiB: 128, dataMiB: 16, seed: 'demo' }
const digest = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

describe("the demo server's disks", async () => {
  const home = await temporaryHome()
  const disks = buildServerDisks({ directory: home, ...small })

  it('have a partition table, an ext4 that is clean, and holes', async () => {
    const table = (await readFile(disks.system.path)).subarray(0, 512)

    expect(table.readUInt16LE(510)).toBe(0xaa55)
    expect([table[446], table[450], table.readUInt32LE(454)]).toEqual([0x80, 0x83, 2048])
    for (const { path, sizeBytes } of [disks.system, disks.data]) {
      const { size, blocks } = await stat(path)
      expect(size).toBe(sizeBytes)
      expect(blocks * 512).toBeLessThan(size * 0.8)
    }
    const e2fsck = findTool('e2fsck')
    if (disks.system.content === 'ext4' && e2fsck) expect(isClean(e2fsck, disks.system.partition)).toBe(true)
  })

  it('hold the same data for the same seed, and other data for another', async () => {
    const build = (name: string, seed: string) => {
      buildDatabase(join(home, name), 4 * 1024 * 1024, seed)
      return digest(join(home, name))
    }

    const [one, same, other] = await Promise.all([build('a', 'x'), build('b', 'x'), build('c', 'y')])

    expect(one).toBe(same)
    expect(one).not.toBe(other)
  })

  it('change as a server does, and stay clean', async () => {
    const before = { system: await digest(disks.system.path), data: await digest(disks.data.path) }

    const written = changeServerDisks(disks, { round: 1, dataKiB: 256 })
    const afterOne = await digest(disks.data.path)
    changeServerDisks(disks, { round: 2, dataKiB: 256 })

    expect(written.dataBytes).toBe(256 * 1024)
    expect(new Set([before.data, afterOne, await digest(disks.data.path)]).size).toBe(3)
    const e2fsck = findTool('e2fsck')
    if (disks.system.content === 'ext4' && e2fsck) {
      expect(await digest(disks.system.path)).not.toBe(before.system)
      expect(written.systemBytes).toBeGreaterThan(1024 * 1024)
      expect(isClean(e2fsck, disks.system.partition)).toBe(true)
    }
  })
})
