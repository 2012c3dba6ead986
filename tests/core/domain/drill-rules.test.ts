import { describe, expect, it } from 'vitest'
import { cloudItems, speedItems } from '../../../core/domain/drill-cloud-rules.ts'
import { sourceItems } from '../../../core/domain/drill-rules.ts'
import type { CloudFacts } from '../../../core/domain/cloud-facts.ts'
import type { FaultCode } from '../../../core/domain/faults.ts'
import type { DrillItem } from '../../../core/domain/drill.ts'
import { countWords, resultOf, worstFirst } from '../../../core/domain/drill.ts'
import type { KernelFacts, SourceFacts } from '../../../core/domain/source-facts.ts'

const kernel = (more: Partial<KernelFacts> = {}): KernelFacts => ({
  ...{ release: '6.1.0', isDefault: true, initramfs: '/boot/initrd.img-6.1.0', problem: null },
  drivers: ['virtio_blk', 'virtio_pci', 'virtio_net'].map((name) => ({ name, where: 'initramfs' })),
  ...more,
})

/** A source with nothing to find fault with. */
const FINE: SourceFacts = {
  ...{ looksAt: 'the running system', isRunning: true, firmware: { value: 'BIOS' } },
  distribution: { value: { id: 'debian', name: 'Debian 12' } },
  bootLoader: {
    value: { kind: 'grub', config: '/boot/grub/grub.cfg', bootCode: 'grub', esp: false, efiPrograms: [] },
  },
  rootArgument: { value: { argument: 'UUID=1234', from: '/boot/grub/grub.cfg' } },
  kernels: { value: [kernel()] },
  fstab: { value: [{ spec: 'UUID=1234', mount: '/', type: 'ext4', options: 'defaults' }] },
  fileSystems: {
    value: [{ mount: '/', type: 'ext4', sizeBytes: 100, freeBytes: 50, inodes: 100, freeInodes: 50 }],
  },
  lvm: { value: { volumes: [], devicesFile: null } },
  raid: { value: [] },
  encryption: { value: [] },
  selinux: { value: { mode: 'absent', relabels: false } },
  network: { value: { interfaces: [], nameRules: null } },
  cloudInit: { value: { isInstalled: true, isDisabled: false, datasources: ['AliYun'] } },
  assistant: { value: { isInstalled: true, at: '/etc/systemd/system/aliyun.service' } },
  services: { value: ['nginx', 'ssh'] },
  clock: { value: { aheadMs: 0 } },
  load: { value: { cpuPercent: 10, memoryPercent: 50, load1: 0.1, cores: 2, ioPressure: 0 } },
}

/** The one item that this makes other than Normal. */
function found(more: Partial<SourceFacts>): DrillItem {
  const items = sourceItems({ ...FINE, ...more }).filter(({ level }) => level !== 'Normal')
  expect(items).toHaveLength(1)
  return items[0] as DrillItem
}

const loader = (more: object): SourceFacts['bootLoader'] => ({
  value: {
    ...{
      kind: 'grub' as const,
      config: '/boot/grub2/grub.cfg',
      bootCode: 'grub',
      esp: true,
      efiPrograms: ['EFI/BOOT/BOOTX64.EFI'],
    },
    ...more,
  },
})
const mounted = (spec: string, more: object = {}): SourceFacts['fstab'] => ({
  value: [{ spec, mount: '/data', type: 'ext4', options: 'defaults', ...more }],
})

describe('S19: a source without a fault', () => {
  it('has Normal items only, each with evidence', () => {
    const items = sourceItems(FINE)

    expect(items.every(({ level, fix }) => level === 'Normal' && fix.length === 0)).toBe(true)
    for (const { evidence } of items) expect(evidence).not.toBe('')
    expect(resultOf(items)).toBe('clean')
  })
})

describe('S19: a Critical item', () => {
  const uefi = { firmware: { value: 'UEFI' } } as const
  it.each<[string, Partial<SourceFacts>, string, RegExp, RegExp]>([
    [
      'an initramfs without virtio',
      { kernels: { value: [kernel({ drivers: [{ name: 'virtio_blk', where: 'module' }] })] } },
      'kernel and initramfs',
      /6\.1\.0.*no virtio_blk/,
      /update-initramfs -u -k 6\.1\.0/,
    ],
    ['no kernel', { kernels: { value: [] } }, 'kernel and initramfs', /no kernel/, /ls -l/],
    [
      'fstab by a disk name',
      { fstab: mounted('/dev/sda1') },
      'fstab',
      /\/dev\/sda1 on \/data/,
      /sed -i "s#\^\/dev\/sda1/,
    ],
    ['fstab by a path', { fstab: mounted('/dev/disk/by-path/pci-0') }, 'fstab', /by-path/, /blkid/],
    [
      'root by a disk name',
      { rootArgument: { value: { argument: '/dev/sda2', from: 'grub.cfg' } } },
      'root device',
      /root=\/dev\/sda2/,
      /update-grub/,
    ],
    [
      'no boot code',
      { bootLoader: loader({ bootCode: 'none' }) },
      'boot loader',
      /no boot loader/,
      /grub-install/,
    ],
    [
      'UEFI without a system partition',
      { ...uefi, bootLoader: loader({ esp: false }) },
      'boot loader',
      /no EFI system partition/,
      /lsblk/,
    ],
    [
      'UEFI without the program that a new server starts',
      { ...uefi, bootLoader: loader({ efiPrograms: ['EFI/debian/grubx64.efi'] }) },
      'boot loader',
      /no EFI\/BOOT\/BOOTX64/,
      /--removable/,
    ],
    [
      'a passphrase at boot',
      { encryption: { value: [{ name: 'root', opensBy: 'passphrase', isOptional: false }] } },
      'encryption',
      /passphrase/,
      /cryptsetup/,
    ],
    [
      'LVM bound to the hardware',
      { lvm: { value: { volumes: ['vg-root'], devicesFile: '/etc/lvm/devices/system.devices' } } },
      'LVM',
      /binds/,
      /mv/,
    ],
    [
      'a degraded array',
      { raid: { value: [{ name: 'md0', level: 'raid1', members: ['vda1'], isDegraded: true }] } },
      'software RAID',
      /degraded/,
      /mdadm --detail \/dev\/md0/,
    ],
    [
      'a clock that is minutes wrong',
      { clock: { value: { aheadMs: -290_000 } } },
      'clock',
      /290 s behind/,
      /set-ntp/,
    ],
  ])('is %s', (_, facts, name, evidence, fix) => {
    const item = found(facts)

    expect(item).toMatchObject({ level: 'Critical', name, evidence: expect.stringMatching(evidence) })
    expect(item.fix.join('\n')).toMatch(fix)
  })
})

describe('S19: a Warning', () => {
  it.each<[string, Partial<SourceFacts>, RegExp]>([
    [
      'a disk name that the boot does not wait for',
      { fstab: mounted('/dev/sdb1', { options: 'nofail' }) },
      /missing/,
    ],
    ['boot code of somebody else', { bootLoader: loader({ bootCode: 'other' }) }, /not GRUB/],
    ['a disk name of virtio', { fstab: mounted('/dev/vdb1') }, /order/],
    ['SELinux enforcing', { selinux: { value: { mode: 'enforcing', relabels: false } } }, /enforcing/],
    [
      'a full file system',
      {
        fileSystems: {
          value: [{ mount: '/', type: 'ext4', sizeBytes: 1000, freeBytes: 5, inodes: 0, freeInodes: 0 }],
        },
      },
      /\/ has 5 B left/,
    ],
    [
      'one without inodes',
      {
        fileSystems: {
          value: [{ mount: '/', type: 'ext4', sizeBytes: 1000, freeBytes: 500, inodes: 1000, freeInodes: 3 }],
        },
      },
      /3 inodes/,
    ],
    ['LVM', { lvm: { value: { volumes: ['vg-root'], devicesFile: null } } }, /vg-root/],
    [
      'a sound array',
      { raid: { value: [{ name: 'md0', level: 'raid1', members: ['vda1', 'vdb1'], isDegraded: false }] } },
      /md0 raid1/,
    ],
    [
      'encryption that a key file opens',
      { encryption: { value: [{ name: 'data', opensBy: 'key-file', isOptional: false }] } },
      /data/,
    ],
    [
      'a static address',
      {
        network: {
          value: {
            interfaces: [{ name: 'eth0', method: 'static', address: '10.0.0.5', mac: null, file: 'f' }],
            nameRules: null,
          },
        },
      },
      /10\.0\.0\.5/,
    ],
    [
      'a name that the bus gave',
      {
        network: {
          value: {
            interfaces: [{ name: 'ens192', method: 'dhcp', address: null, mac: null, file: 'f' }],
            nameRules: null,
          },
        },
      },
      /ens192/,
    ],
    [
      'no cloud-init',
      { cloudInit: { value: { isInstalled: false, isDisabled: false, datasources: null } } },
      /not installed/,
    ],
    [
      'cloud-init for another cloud',
      { cloudInit: { value: { isInstalled: true, isDisabled: false, datasources: ['Ec2'] } } },
      /lacks AliYun/,
    ],
    [
      'no Cloud Assistant',
      { assistant: { value: { isInstalled: false, at: null } } },
      /no boot can be proven/,
    ],
    [
      'a busy processor',
      { load: { value: { cpuPercent: 97, memoryPercent: 5, load1: 9, cores: 2, ioPressure: null } } },
      /CPU 97 %/,
    ],
    [
      'memory that is used up',
      { load: { value: { cpuPercent: 7, memoryPercent: 96, load1: 9, cores: 2, ioPressure: null } } },
      /memory 96 %/,
    ],
    [
      'an older kernel without virtio',
      {
        kernels: {
          value: [kernel(), kernel({ release: '5.1', drivers: [{ name: 'virtio_blk', where: 'missing' }] })],
        },
      },
      /5\.1/,
    ],
    ['what cannot be told', { lvm: { unknown: 'the agent may not read /sys' } }, /may not read/],
    [
      'an initramfs in a format that nobody knows',
      {
        kernels: {
          value: [
            kernel({ problem: 'zstd is not here', drivers: [{ name: 'virtio_blk', where: 'unknown' }] }),
          ],
        },
      },
      /zstd is not here/,
    ],
  ])('is %s', (_, facts, evidence) => {
    const item = found(facts)

    expect(item).toMatchObject({ level: 'Warning', evidence: expect.stringMatching(evidence) })
    expect(item.fix.length).toBeGreaterThan(0)
  })
})

describe('S19: what the cloud says', () => {
  const asked = (
    refused: Partial<Record<string, FaultCode>>,
    more: Partial<CloudFacts> = {},
  ): readonly DrillItem[] =>
    cloudItems({
      ...{ zone: 'z', stock: { value: [{ type: 'ecs.c7.large', isAvailable: true }] } },
      tries: ['ecs:RunInstances', 'ecs:CreateImage'].map((action) => {
        const code = refused[action]
        return { action, refused: code === undefined ? null : { code, detail: 'the cloud’s words' } }
      }),
      ...more,
    })

  it('is Normal when everything would work', () => {
    expect(asked({}).every(({ level }) => level === 'Normal')).toBe(true)
  })

  it.each<[string, string, FaultCode]>([
    ['quota', 'ecs:RunInstances', 'QUOTA_INSTANCES'],
    ['quota', 'ecs:CreateImage', 'QUOTA_IMAGES'],
    ['permissions', 'ecs:CreateImage', 'FORBIDDEN'],
    ['balance', 'ecs:RunInstances', 'BALANCE'],
    ['vSwitch and security group', 'ecs:RunInstances', 'CLOUD_NETWORK'],
    ['cloud, ecs:RunInstances', 'ecs:RunInstances', 'CLOUD_REFUSED'],
  ])('makes %s Critical when %s is refused with %s', (name, action, code) => {
    const item = asked({ [action]: code }).find((each) => each.name === name)

    expect(item).toMatchObject({ level: 'Critical', evidence: expect.stringContaining('the cloud’s words') })
    expect(item?.fix.join()).not.toContain('retry')
  })

  it('does not say that a quota is fine when the cloud never came to look at it', () => {
    expect(asked({ 'ecs:RunInstances': 'FORBIDDEN' }).find(({ name }) => name === 'quota')?.level).toBe(
      'Warning',
    )
  })

  it('makes stock Critical only when every type is sold out', () => {
    const stock = (left: boolean): CloudFacts['stock'] => ({
      value: [
        { type: 'a', isAvailable: false },
        { type: 'b', isAvailable: left },
      ],
    })

    expect(asked({}, { stock: stock(true) })[0]).toMatchObject({ name: 'stock', level: 'Normal' })
    expect(asked({ 'ecs:RunInstances': 'NO_STOCK' }, { stock: stock(false) })[0]?.level).toBe('Critical')
  })
})

describe('S19: a measurement', () => {
  const disk = (rate: number | null) => ({
    index: 0,
    path: '/dev/vda',
    readBytes: 1,
    bytesPerSecond: rate,
    detail: 'EIO',
  })
  const way = (to: 'receiver' | 'bot', rate: number | null) => ({
    to,
    address: 'a:1',
    sentBytes: 1,
    bytesPerSecond: rate,
    detail: 'refused',
  })

  it('is Critical when a disk cannot be read or the receiver cannot be reached', () => {
    const items = speedItems({ disks: [disk(null)], network: [way('receiver', null), way('bot', 1e8)] })

    expect(items.map(({ level }) => level)).toEqual(['Critical', 'Critical'])
    expect(items[1]?.fix.join()).toContain('8703')
  })

  it('is a Warning when it is slow, and Normal otherwise', () => {
    const levels = (read: number, send: number) =>
      speedItems({ disks: [disk(read)], network: [way('bot', send)] }).map(({ level }) => level)

    expect(levels(1e6, 1e5)).toEqual(['Warning', 'Warning'])
    expect(levels(1e8, 1e8)).toEqual(['Normal', 'Normal'])
  })
})

describe('a report', () => {
  it('counts its items and shows the worst first', () => {
    const items = sourceItems({ ...FINE, fstab: mounted('/dev/sda1'), lvm: { unknown: 'x' } })

    expect(countWords(items)).toBe('1 Critical, 1 Warning, 13 Normal')
    expect(
      worstFirst(items)
        .map(({ level }) => level)
        .slice(0, 3),
    ).toEqual(['Critical', 'Warning', 'Normal'])
  })
})
