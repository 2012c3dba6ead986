import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CpioNames } from '../../../../agent/source/inspect/cpio.ts'
import { initramfsNames } from '../../../../agent/source/inspect/initramfs.ts'
import { findTool } from '../../../../agent/source/inspect/tools.ts'
import { aFolder, cpio, initramfs, packedBy } from '../../../support/source-roots.ts'

const NAMES = ['init', 'usr/lib/modules/6.1.0/kernel/drivers/block/virtio_blk.ko.xz', 'etc/fstab']
const MICROCODE = 'kernel/x86/microcode/GenuineIntel.bin'

async function namesOf(bytes: Buffer): Promise<readonly string[]> {
  const path = join(aFolder(), 'initrd')
  writeFileSync(path, bytes)
  return initramfsNames(path)
}

describe('an initramfs', () => {
  it('is read when it is packed with gzip behind plain microcode', async () => {
    expect(await namesOf(initramfs(NAMES))).toEqual([MICROCODE, ...NAMES])
  })

  it('is read when it is not packed at all', async () => {
    expect(await namesOf(initramfs(NAMES, (plain) => plain))).toEqual([MICROCODE, ...NAMES])
    expect(await namesOf(cpio(NAMES))).toEqual(NAMES)
  })

  const tools: [string, string[]][] = [
    ['zstd', ['-c']],
    ['xz', ['-c', '--check=crc32']],
    ['lz4', ['-l', '-c']],
  ]
  it.skipIf(tools.some(([tool]) => findTool(tool) === undefined)).each(tools)(
    'is read when it is packed with %s',
    async (tool, args) => {
      expect(await namesOf(initramfs(NAMES, packedBy(tool, args)))).toEqual([MICROCODE, ...NAMES])
    },
  )

  it('cannot be told when it is in no known format, or cut off', async () => {
    await expect(namesOf(Buffer.from('neither this nor that'))).rejects.toThrow(/no format that is known/)
    const whole = initramfs(NAMES)
    await expect(namesOf(whole.subarray(0, whole.length - 60))).rejects.toThrow(/gzip part cannot be read/)
  })

  it('has the same names however it is cut into pieces', () => {
    const bytes = Buffer.concat([cpio(NAMES), Buffer.alloc(100), cpio(['second'])])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (sizes) => {
        const reader = new CpioNames()
        for (let at = 0, nth = 0; at < bytes.length; nth++) {
          const size = sizes[nth % sizes.length] ?? 1
          reader.push(bytes.subarray(at, at + size))
          at += size
        }
        expect(reader.names).toEqual([...NAMES, 'second'])
        expect(reader.isAtEnd).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})
