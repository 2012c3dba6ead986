import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { bootCodeIn, bootLoader, kernels, rootArgument } from '../../../../agent/source/inspect/boot.ts'
import { clock, load } from '../../../../agent/source/inspect/load.ts'
import { network } from '../../../../agent/source/inspect/network.ts'
import { assistant, cloudInit, selinux, services } from '../../../../agent/source/inspect/software.ts'
import { encryption, fileSystems, fstab, lvm, raid } from '../../../../agent/source/inspect/storage.ts'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { aRoot, cpio, initramfs } from '../../../support/source-roots.ts'

const MODULES = 'usr/lib/modules/6.1.0/kernel/drivers'
const VIRTIO = [
  `${MODULES}/block/virtio_blk.ko.xz`,
  `${MODULES}/virtio/virtio_pci.ko`,
  `${MODULES}/net/virtio_net.ko.zst`,
]
const BIOS = { firmware: 'BIOS', bootCode: 'grub', esp: undefined } as const
const where = (found: Awaited<ReturnType<typeof kernels>>) =>
  found.map(({ release, drivers }) => [release, ...drivers.map((driver) => driver.where)])

describe('kernels', () => {
  it('have the drivers that lie in their initramfs or are built in', async () => {
    const root = aRoot({
      'boot/vmlinuz-6.1.0': '',
      'boot/initrd.img-6.1.0': initramfs(VIRTIO),
      'boot/vmlinuz-5.9.1': '',
      'boot/initramfs-5.9.1.img': gzipSync(cpio(['init'])),
      'lib/modules/5.9.1/modules.builtin':
        'kernel/drivers/block/virtio_blk.ko\nkernel/drivers/virtio/virtio-pci.ko\n',
      'lib/modules/5.9.1/modules.dep': 'kernel/drivers/net/virtio_net.ko.xz: kernel/net/x.ko\n',
    })

    expect(where(await kernels(root))).toEqual([
      ['6.1.0', 'initramfs', 'initramfs', 'initramfs'],
      ['5.9.1', 'builtin', 'builtin', 'module'],
    ])
  })

  it('lack them when neither has them, and say so when the initramfs cannot be read', async () => {
    const root = aRoot({
      'boot/vmlinuz-6.1.0': '',
      'boot/initrd.img-6.1.0': initramfs(['init']),
      'boot/vmlinuz-6.0.0': '',
      'boot/initrd.img-6.0.0': 'nothing that is known',
    })

    const found = await kernels(root)

    expect(where(found)).toEqual([
      ['6.1.0', 'missing', 'missing', 'missing'],
      ['6.0.0', 'unknown', 'unknown', 'unknown'],
    ])
    expect(found[1]?.problem).toBe('it is in no format that is known')
  })

  it('come with the one first that the boot loader names, rescue images left out', async () => {
    const root = aRoot({
      'boot/vmlinuz-6.1.0': '',
      'boot/vmlinuz-5.10.0': '',
      'boot/vmlinuz-0-rescue-abc': '',
      'boot/config-5.10.0': 'CONFIG_VIRTIO_BLK=y\nCONFIG_VIRTIO_PCI=y\n# CONFIG_VIRTIO_NET is not set\n',
      'boot/grub2/grub.cfg':
        'menuentry x {\n  linux16 /vmlinuz-5.10.0 root=UUID=1 ro\n}\nlinux /vmlinuz-6.1.0 root=/dev/sda1\n',
    })

    expect((await kernels(root)).map(({ release, isDefault }) => [release, isDefault])).toEqual([
      ['5.10.0', true],
      ['6.1.0', false],
    ])
    expect(where(await kernels(root))[0]).toEqual(['5.10.0', 'builtin', 'builtin', 'missing'])
    expect(await rootArgument(root)).toEqual({ argument: 'UUID=1', from: '/boot/grub2/grub.cfg' })
  })
})

describe('the root argument', () => {
  it('comes from a boot loader entry with the options of grubenv, else from the running kernel', async () => {
    const entry = 'linux /vmlinuz-5.14\noptions $kernelopts quiet\n'
    const withEntry = aRoot({
      'boot/loader/entries/a-5.14.conf': entry,
      'boot/grub2/grubenv': 'kernelopts=root=/dev/mapper/rl-root ro\n',
    })

    expect((await rootArgument(withEntry)).argument).toBe('/dev/mapper/rl-root')
    expect(await rootArgument(aRoot({ 'proc/cmdline': 'ro root=/dev/sda2 quiet\n' }))).toEqual({
      argument: '/dev/sda2',
      from: '/proc/cmdline',
    })
  })
})

describe('a boot loader', () => {
  it('is found by its configuration, with the programs on its system partition', async () => {
    const root = aRoot({
      'boot/grub/grub.cfg': '',
      'boot/efi/EFI/BOOT/BOOTX64.EFI': '',
      'boot/efi/EFI/debian/grubx64.efi': '',
    })

    expect(await bootLoader(root, BIOS)).toEqual({
      ...{ kind: 'grub', config: '/boot/grub/grub.cfg', bootCode: 'grub', esp: true },
      efiPrograms: ['EFI/BOOT/BOOTX64.EFI', 'EFI/debian/grubx64.efi'],
    })
    expect(await bootLoader(aRoot({ 'boot/extlinux/extlinux.conf': '' }), BIOS)).toMatchObject({
      kind: 'extlinux',
      esp: false,
    })
    expect(
      await bootLoader(aRoot({ 'etc/fstab': 'UUID=A /boot/efi vfat umask=0077 0 1\n' }), BIOS),
    ).toMatchObject({ kind: 'none', esp: true, efiPrograms: [] })
  })
})

describe('the first sector', () => {
  it.each([
    ['none', ''],
    ['none', '\u00eb This is not a bootable disk.'],
    ['grub', '\u00ebc GRUB Geom Hard Disk Read Error'],
    ['other', '\u00eb Missing operating system'],
  ])('holds %s when its text is %j', (expected, text) => {
    expect(bootCodeIn(Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(512)]))).toBe(expected)
  })
})

describe('storage', () => {
  it('is told by fstab, comments left out', async () => {
    const root = aRoot({ 'etc/fstab': '# a comment\n/dev/sda1 / ext4 defaults 0 1\n\nUUID=2 none swap\n' })

    expect(await fstab(root)).toEqual([
      { spec: '/dev/sda1', mount: '/', type: 'ext4', options: 'defaults' },
      { spec: 'UUID=2', mount: 'none', type: 'swap', options: 'defaults' },
    ])
  })

  it('has room only where a disk is mounted', async () => {
    const space = { sizeBytes: 10, freeBytes: 1, inodes: 4, freeInodes: 0 }
    const root = aRoot(
      { 'proc/mounts': 'proc /proc proc rw 0 0\n/dev/vda1 / ext4 rw 0 0\n/dev/vdb /a\\040b xfs rw 0 0\n' },
      { '/': space, '/a b': space, '/proc': space },
    )

    expect((await fileSystems(root)).map(({ mount }) => mount)).toEqual(['/', '/a\\040b'])
  })

  it('knows LVM, and what binds it to the hardware', async () => {
    const root = aRoot({
      'sys/block/dm-0/dm/uuid': 'LVM-abc\n',
      'sys/block/dm-0/dm/name': 'vg-root\n',
      'sys/block/vda/size': '8',
      'etc/lvm/devices/system.devices': 'IDTYPE=sys_serial IDNAME=1\n',
    })

    expect(await lvm(root, [])).toEqual({
      volumes: ['vg-root'],
      devicesFile: '/etc/lvm/devices/system.devices',
    })
    expect(await lvm(aRoot({ 'etc/': '' }), [{ number: 2, offset: 0, bytes: 1, content: 'lvm' }])).toEqual({
      volumes: ['partition 2'],
      devicesFile: null,
    })
  })

  it('knows arrays, and which are degraded', async () => {
    const mdstat =
      'Personalities : [raid1]\nmd0 : active raid1 vdb1[1] vda1[0]\n      1 blocks [2/2] [UU]\n\nmd1 : active raid5 vdc1[0](F) vdd1[1]\n      1 blocks [3/2] [U_U]\n'

    expect(await raid(aRoot({ 'proc/mdstat': mdstat }), [])).toEqual([
      { name: 'md0', level: 'raid1', members: ['vdb1', 'vda1'], isDegraded: false },
      { name: 'md1', level: 'raid5', members: ['vdc1', 'vdd1'], isDegraded: true },
    ])
  })

  it('knows what opens encrypted volumes', async () => {
    const root = aRoot({
      'etc/crypttab':
        'root UUID=1 none luks\ndata UUID=2 /etc/keys/d luks,nofail\ntpm UUID=3 - tpm2-device=auto\nswap /dev/vdb /dev/urandom swap\n',
      'sys/block/dm-3/dm/uuid': 'CRYPT-LUKS2-x\n',
      'sys/block/dm-3/dm/name': 'extra\n',
    })

    expect(
      (await encryption(root, [])).map(({ name, opensBy, isOptional }) => [name, opensBy, isOptional]),
    ).toEqual([
      ['root', 'passphrase', false],
      ['data', 'key-file', true],
      ['tpm', 'tpm', false],
      ['extra', 'unknown', false],
    ])
  })
})

describe('a network', () => {
  const cases: [string, Record<string, string>, object][] = [
    [
      'Debian’s interfaces',
      {
        'etc/network/interfaces':
          'auto lo\niface lo inet loopback\niface eth0 inet static\n  address 10.0.0.5/24\n',
      },
      { name: 'eth0', method: 'static', address: '10.0.0.5/24' },
    ],
    [
      'netplan',
      {
        'etc/netplan/01.yaml':
          'network:\n  ethernets:\n    ens3:\n      match: {macaddress: x}\n      addresses:\n        - 10.0.0.6/24\n      nameservers:\n        addresses: [1.1.1.1]\n',
      },
      { name: 'ens3', method: 'static', address: '10.0.0.6/24' },
    ],
    [
      'netplan with addresses in one line',
      { 'etc/netplan/01.yaml': 'network:\n  ethernets:\n    eth0: \n      addresses: [ "10.0.0.7/24" ]\n' },
      { name: 'eth0', method: 'static', address: '10.0.0.7/24' },
    ],
    [
      'netplan with DHCP and a name server',
      {
        'etc/netplan/01.yaml':
          'network:\n  ethernets:\n    eth0:\n      dhcp4: true\n      nameservers:\n        addresses: [1.1.1.1]\n',
      },
      { name: 'eth0', method: 'dhcp', address: null },
    ],
    [
      'NetworkManager',
      {
        'etc/NetworkManager/system-connections/w.nmconnection':
          '[connection]\nid=w\ninterface-name=ens5\n\n[ethernet]\nmac-address=AA:BB\n\n[ipv4]\naddress1=10.0.0.8/24,10.0.0.1\nmethod=manual\n\n[ipv6]\nmethod=auto\n',
      },
      { name: 'ens5', method: 'static', address: '10.0.0.8/24', mac: 'AA:BB' },
    ],
    [
      'systemd-networkd',
      { 'etc/systemd/network/10.network': '[Match]\nName=eth1\n[Network]\nAddress=10.0.0.9/24\n' },
      { name: 'eth1', method: 'static', address: '10.0.0.9/24' },
    ],
    [
      'ifcfg',
      {
        'etc/sysconfig/network-scripts/ifcfg-eth0':
          'DEVICE=eth0\nBOOTPROTO="none"\nIPADDR=10.0.0.10\nHWADDR=aa:bb\n',
        'etc/sysconfig/network-scripts/ifcfg-lo': 'DEVICE=lo\n',
      },
      { name: 'eth0', method: 'static', address: '10.0.0.10', mac: 'aa:bb' },
    ],
  ]
  it.each(cases)('is told by %s', async (_, files, expected) => {
    expect((await network(aRoot(files))).interfaces).toMatchObject([expected])
  })

  it('has name rules only when they bind hardware addresses', async () => {
    const rules = 'etc/udev/rules.d/70-persistent-net.rules'

    expect(
      (await network(aRoot({ [rules]: 'SUBSYSTEM=="net", ATTR{address}=="aa:bb", NAME="eth0"\n' })))
        .nameRules,
    ).toBe(`/${rules}`)
    expect((await network(aRoot({ [rules]: '# nothing\n' }))).nameRules).toBeNull()
  })
})

describe('services', () => {
  it('tell the mode of SELinux', async () => {
    expect(
      await selinux(aRoot({ 'etc/selinux/config': '# SELINUX=x\nSELINUX=enforcing\n', '.autorelabel': '' })),
    ).toEqual({ mode: 'enforcing', relabels: true })
    expect((await selinux(aRoot({ 'etc/': '' }))).mode).toBe('absent')
  })

  it('tell whether cloud-init is there and which datasources it looks for', async () => {
    const files = {
      'etc/cloud/cloud.cfg': 'users:\n  - default\n',
      'etc/cloud/cloud.cfg.d/90.cfg': 'datasource_list: [ NoCloud, AliYun ]\n',
    }

    expect(await cloudInit(aRoot(files))).toEqual({
      isInstalled: true,
      isDisabled: false,
      datasources: ['NoCloud', 'AliYun'],
    })
    expect(await cloudInit(aRoot({ ...files, 'etc/cloud/cloud-init.disabled': '' }))).toMatchObject({
      isDisabled: true,
    })
    expect(await cloudInit(aRoot({ 'etc/': '' }))).toMatchObject({ isInstalled: false })
  })

  it('tell which services start at boot', async () => {
    const units = 'etc/systemd/system'
    const root = aRoot({
      [`${units}/multi-user.target.wants/nginx.service`]: '',
      [`${units}/multi-user.target.wants/remote-fs.target`]: '',
      [`${units}/cloud-init.target.wants/nginx.service`]: '',
      [`${units}/timers.target.wants/apt.timer`]: '',
      [`${units}/sshd.service.wants/keys.service`]: '',
      [`${units}/off.service`]: '',
    })

    expect(await services(root)).toEqual(['nginx'])
    expect(await services(aRoot({ 'etc/': '' }))).toEqual([])
  })

  it('tell whether the Cloud Assistant is there', async () => {
    expect(await assistant(aRoot({ 'usr/lib/systemd/system/aliyun.service': '' }))).toMatchObject({
      isInstalled: true,
    })
    expect(await assistant(aRoot({ 'etc/': '' }))).toEqual({ isInstalled: false, at: null })
  })
})

describe('load and clock', () => {
  it('are those of a kernel’s own files', async () => {
    const root = aRoot({
      'proc/stat': 'cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3\ncpu1 1 2 3\n',
      'proc/meminfo': 'MemTotal: 1000 kB\nMemAvailable: 250 kB\n',
      'proc/loadavg': '1.50 1 1 1/1 1\n',
      'proc/pressure/io': 'some avg10=12.34 avg60=0 avg300=0 total=0\n',
    })

    expect(await load(root, 0)).toEqual({
      cpuPercent: 0,
      memoryPercent: 75,
      load1: 1.5,
      cores: 2,
      ioPressure: 12.34,
    })
    await expect(load(aRoot({ 'etc/': '' }), 0)).rejects.toThrow(/processors/)
  })

  it('compare with the date of the bot', async () => {
    const server = createServer((_, response) => {
      response.setHeader('date', new Date(Date.now() + 3_600_000).toUTCString())
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { aheadMs } = await clock(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    server.close()

    expect(Math.round(aheadMs / 60_000)).toBe(-60)
  })
})
