import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Devices, readMounts } from '../../../../agent/source/freeze/file-systems.ts'

const sys = mkdtempSync(join(tmpdir(), 'ferry-sys-'))
afterAll(() => rmSync(sys, { recursive: true, force: true }))

/** A block device as sysfs has it; a partition lies in the directory of its disk. */
function device(path: string, number: string, { partition = false, slaves = [] as string[] } = {}): void {
  const place = join(sys, 'devices', path)
  mkdirSync(join(place, 'slaves'), { recursive: true })
  if (partition) writeFileSync(join(place, 'partition'), '1')
  for (const slave of slaves)
    symlinkSync(join(sys, 'devices', slave), join(place, 'slaves', slave.split('/').at(-1) ?? ''))
  for (const folder of ['dev/block', 'class/block']) mkdirSync(join(sys, folder), { recursive: true })
  symlinkSync(place, join(sys, 'dev/block', number))
}

device('sda', '8:0')
device('sda/sda1', '8:1', { partition: true })
device('sda/sda2', '8:2', { partition: true })
device('sdb', '8:16')
device('md0', '9:0', { slaves: ['sda/sda2', 'sdb'] })
device('dm-0', '253:0', { slaves: ['md0'] })

describe('the disks under a device', () => {
  it.each([
    ['8:0', ['sda']],
    ['8:1', ['sda']],
    ['253:0', ['sda', 'sdb']],
    ['0:44', []],
  ])('%s lies on %j', (number, disks) => {
    expect(new Devices(sys).disksUnder(number)).toEqual(disks)
  })
})

describe('a list of mounts', () => {
  const MOUNTS = `22 28 0:21 / /proc rw,nosuid - proc proc rw
28 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/vg-root rw
30 28 8:1 / /boot\\040files rw - ext4 /dev/sda1 rw
31 28 8:1 /deep /srv/bound ro,relatime - ext4 /dev/sda1 rw
32 28 7:0 / /snap/core ro - squashfs /dev/loop0 ro
33 28 0:44 /@ /data rw - btrfs /dev/sdb rw,space_cache
`

  it('has each file system that can be written to once, with all its places', () => {
    expect(readMounts(MOUNTS).map(({ device, paths }) => [device, paths])).toEqual([
      ['0:21', ['/proc']],
      ['253:0', ['/']],
      ['8:1', ['/boot files', '/srv/bound']],
      ['0:44', ['/data']],
    ])
  })
})
