import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bootCodeIn } from '../../../../agent/source/inspect/boot.ts'
import { firstSector, ImageRoot, stretchesOf } from '../../../../agent/source/inspect/image-root.ts'
import { inspect, subjectOf } from '../../../../agent/source/inspect/inspect.ts'
import { findTool } from '../../../../agent/source/inspect/tools.ts'
import { makeExt4 } from '../../../../sandbox/server-disk/ext4.ts'
import { buildServerDisks } from '../../../../sandbox/server-disk.ts'
import { sparse } from '../../../support/machines.ts'
import { aFolder, initramfs, writeFiles } from '../../../support/source-roots.ts'

const mke2fs = findTool('mke2fs')
const MIB = 1024 * 1024
const UUID = '6a1b1c1d-0000-4000-8000-000000000001'
const fileAt = (path: string) => ({ index: 0, path, kind: 'file' as const, sizeBytes: 1, identity: '' })

describe.skipIf(mke2fs === undefined || findTool('debugfs') === undefined)(
  'a system in an image file',
  () => {
    /** A file system of its own, without a partition table, with these files. */
    function anImage(files: Record<string, string | Buffer>): string {
      const folder = join(aFolder(), 'tree')
      mkdirSync(folder)
      writeFiles(folder, files)
      const path = join(aFolder(), 'disk.raw')
      sparse(path, 32 * MIB)
      makeExt4(mke2fs ?? '', { path, offset: 0, bytes: 32 * MIB }, { folder, uuid: UUID })
      return path
    }

    it('is read through its files, as a running one is, without root and without a mount', async () => {
      const path = anImage({
        'etc/fstab': '/dev/sda1 / ext4 defaults 0 1\n',
        'boot/vmlinuz-6.1.0': 'x',
        'boot/initrd.img-6.1.0': initramfs(['lib/modules/6.1.0/virtio_blk.ko']),
      })

      const facts = await inspect(await subjectOf([fileAt(path)]), 'http://127.0.0.1:9')

      expect(facts).toMatchObject({ looksAt: path, isRunning: false, firmware: { value: 'BIOS' } })
      expect(facts.fstab).toEqual({
        value: [{ spec: '/dev/sda1', mount: '/', type: 'ext4', options: 'defaults' }],
      })
      expect(facts.kernels).toMatchObject({
        value: [
          {
            release: '6.1.0',
            drivers: [{ name: 'virtio_blk', where: 'initramfs' }, { where: 'missing' }, {}],
          },
        ],
      })
      expect(facts.fileSystems).toMatchObject({ value: [{ mount: '/', inodes: expect.any(Number) }] })
      expect(facts.load).toHaveProperty('value')
      expect(facts.clock).toHaveProperty('unknown')
    })

    it('is found in its partition; the demo’s server has no boot code and an initramfs of no format', async () => {
      const { system } = buildServerDisks({ directory: aFolder(), systemMiB: 128, dataMiB: 1, seed: 'a' })

      const facts = await inspect(await subjectOf([fileAt(system.path)]), 'http://127.0.0.1:9')

      expect(facts.looksAt).toBe(`partition 1 of ${system.path}`)
      expect(facts.bootLoader).toMatchObject({ value: { kind: 'grub', bootCode: 'none', esp: false } })
      expect(facts.rootArgument).toMatchObject({ value: { argument: '/dev/vda1' } })
      expect(facts.kernels).toMatchObject({ value: [{ problem: 'it is in no format that is known' }] })
      expect(facts.distribution).toMatchObject({ value: { id: 'alinux' } })
    })

    it('says what lies there instead when there is no system that it can read', async () => {
      const path = join(aFolder(), 'empty.raw')
      sparse(path, MIB)

      expect(bootCodeIn(firstSector(path))).toBe('none')
      expect(stretchesOf(path)).toMatchObject([{ number: 0, content: 'unknown' }])
      await expect(ImageRoot.open(path)).rejects.toThrow(/partition 0: unknown/)
      const facts = await inspect(await subjectOf([fileAt(path)]), 'http://127.0.0.1:9')
      expect(facts.fstab).toMatchObject({ unknown: expect.stringContaining('no ext file system') })
      expect(facts.bootLoader).toHaveProperty('unknown')
    })

    it('has links followed', async () => {
      const folder = join(aFolder(), 'tree')
      writeFiles(folder, { 'usr/lib/os-release': 'ID=debian\n', 'etc/fstab': '' })
      const { symlinkSync } = await import('node:fs')
      symlinkSync('../usr/lib/os-release', join(folder, 'etc/os-release'))
      const path = join(aFolder(), 'disk.raw')
      sparse(path, 16 * MIB)
      makeExt4(mke2fs ?? '', { path, offset: 0, bytes: 16 * MIB }, { folder, uuid: UUID })

      const root = await ImageRoot.open(path)

      expect(await root.text('/etc/os-release')).toBe('ID=debian\n')
      expect(await root.list('/etc')).toEqual(['fstab', 'os-release'])
      expect(await root.text('/etc/none')).toBeUndefined()
    })
  },
)
