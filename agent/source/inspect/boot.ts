/** How the source boots: firmware, boot loader, kernels, and the drivers that they have before the root is mounted. */
import type { InspectResult, Told } from '../../protocol/inspect.ts'
import { initramfsNames } from './initramfs.ts'
import { CannotTell, linesOf, settingsOf, type Root } from './root.ts'

type Value<T> = T extends { value: infer V } ? V : never
export type BootLoader = Value<InspectResult['bootLoader']>
export type Kernels = Value<InspectResult['kernels']>
export type RootArgument = Value<InspectResult['rootArgument']>

/** What a server in the cloud needs to reach its disk and its network. */
const DRIVERS = ['virtio_blk', 'virtio_pci', 'virtio_net'] as const

const GRUB_CONFIGS = ['/boot/grub/grub.cfg', '/boot/grub2/grub.cfg', '/boot/grub/menu.lst']
const ESP_MOUNTS = ['/boot/efi', '/efi', '/boot']

export async function distribution(root: Root): Promise<{ id: string; name: string }> {
  const text = (await root.text('/etc/os-release')) ?? (await root.text('/usr/lib/os-release'))
  if (text === undefined) throw new CannotTell('there is no /etc/os-release')
  const release = settingsOf(text)
  const id = [release['ID'], release['ID_LIKE']].filter(Boolean).join(' ')
  return { id: id.slice(0, 300), name: (release['PRETTY_NAME'] ?? release['NAME'] ?? id).slice(0, 300) }
}

/** Whose code lies before the partition table: nobody's when it is all zeros, or only says that it boots nothing. */
export function bootCodeIn(sector: Buffer): 'grub' | 'other' | 'none' {
  const code = sector.subarray(0, 440)
  const words = code.toString('latin1')
  if (code.every((byte) => byte === 0) || /not a bootable disk|no bootable|no boot loader/i.test(words))
    return 'none'
  return words.includes('GRUB') ? 'grub' : 'other'
}

/** What only the disk itself tells, and not the files on it. */
export interface DiskBoot {
  readonly firmware: 'BIOS' | 'UEFI' | undefined
  readonly bootCode: BootLoader['bootCode']
  /** Whether the disk has an EFI system partition; undefined: the mounts say so. */
  readonly esp: boolean | undefined
}

export async function bootLoader(root: Root, disk: DiskBoot): Promise<BootLoader> {
  const efi = await efiPrograms(root)
  const config = await firstThere(root, GRUB_CONFIGS)
  const common = {
    bootCode: disk.bootCode,
    esp: disk.esp ?? (await hasEsp(root, efi)),
    efiPrograms: efi ?? (disk.esp === true ? null : []),
  }
  if (config !== undefined) return { kind: 'grub', config, ...common }
  const extlinux = await firstThere(root, ['/boot/extlinux/extlinux.conf', '/boot/syslinux/syslinux.cfg'])
  if (extlinux !== undefined) return { kind: 'extlinux', config: extlinux, ...common }
  const loader = await firstThere(root, [
    '/boot/efi/loader/loader.conf',
    '/efi/loader/loader.conf',
    '/boot/loader/loader.conf',
  ])
  if (loader !== undefined) return { kind: 'systemd-boot', config: loader, ...common }
  return { kind: 'none', config: null, ...common }
}

async function firstThere(root: Root, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await root.exists(path)) return path
  return undefined
}

/** A vfat that fstab mounts where boot programs are looked for, or such programs themselves. */
async function hasEsp(root: Root, efi: readonly string[] | null): Promise<boolean | null> {
  if (efi !== null && efi.length > 0) return true
  const mounts = linesOf(await root.text('/etc/fstab')).map((line) => line.split(/\s+/))
  return mounts.some(([, mount = '', type]) => type === 'vfat' && ESP_MOUNTS.includes(mount))
}

/** `EFI/BOOT/BOOTX64.EFI` and so on; null when no system partition is mounted where it is looked for. */
async function efiPrograms(root: Root): Promise<string[] | null> {
  for (const mount of ESP_MOUNTS) {
    const vendors = await root.list(`${mount}/EFI`)
    if (vendors.length === 0) continue
    const programs: string[] = []
    for (const vendor of vendors.slice(0, 20))
      for (const name of await root.list(`${mount}/EFI/${vendor}`))
        if (/\.efi$/i.test(name)) programs.push(`EFI/${vendor}/${name}`)
    return programs.slice(0, 100)
  }
  return null
}

/** What the boot loader's first entry starts: a kernel by its path, and its arguments. */
async function defaultEntry(root: Root): Promise<{ kernel: string; args: string; from: string } | undefined> {
  for (const path of [...GRUB_CONFIGS, '/boot/extlinux/extlinux.conf', '/boot/syslinux/syslinux.cfg']) {
    const text = await root.text(path)
    const [, kernel, args] =
      /(?:^|[{;])\s*(?:linux(?:16|efi)?|kernel|append)\s+(\S+)[ \t]*(.*)$/im.exec(text ?? '') ?? []
    if (kernel === undefined || args === undefined) continue
    const append = /^\s*append\s+(.*)$/im.exec(text ?? '')?.[1]
    return { kernel, args: append ?? args, from: path }
  }
  return bootEntry(root)
}

/** Boot loader entries as files (Fedora, RHEL 8 and later): the newest kernel that is no rescue comes first. */
async function bootEntry(root: Root): Promise<{ kernel: string; args: string; from: string } | undefined> {
  const names = (await root.list('/boot/loader/entries')).filter((name) => /\.conf$/.test(name))
  const name = newest(names.filter((each) => !each.includes('rescue')))
  if (name === undefined) return undefined
  const from = `/boot/loader/entries/${name}`
  const field = async (key: string): Promise<string> =>
    new RegExp(`^${key}\\s+(.*)$`, 'm').exec((await root.text(from)) ?? '')?.[1]?.trim() ?? ''
  const environment = (await root.text('/boot/grub2/grubenv')) ?? ''
  const kernelOptions = /^kernelopts=(.*)$/m.exec(environment)?.[1] ?? ''
  return {
    kernel: await field('linux'),
    args: (await field('options')).replace('$kernelopts', kernelOptions),
    from,
  }
}

/** `root=` of the default entry; of the running kernel where no boot loader's file could be read. */
export async function rootArgument(root: Root): Promise<RootArgument> {
  const entry = await defaultEntry(root)
  const argument = (args: string): string | null => /(?:^|\s)root=(\S+)/.exec(args)?.[1] ?? null
  if (entry !== undefined) return { argument: argument(entry.args), from: entry.from }
  const running = root.isRunning ? await root.text('/proc/cmdline') : undefined
  if (running === undefined) throw new CannotTell('no boot loader’s file names a kernel')
  return { argument: argument(running), from: '/proc/cmdline' }
}

/** Kernels in /boot with their drivers, the default first. */
export async function kernels(root: Root): Promise<Kernels> {
  const names = await root.list('/boot')
  const releases = names
    .flatMap((name) => /^(?:vmlinuz|vmlinux|Image)-(.+)$/.exec(name)?.[1] ?? [])
    .filter((release) => !/rescue|\.(old|hmac)$/.test(release))
  const entry = await defaultEntry(root)
  const named = releases.find((release) => entry?.kernel.endsWith(`-${release}`))
  const first = named ?? newest(releases)
  const ordered = [...releases].sort((a, b) => Number(b === first) - Number(a === first))
  const found: Kernels = []
  for (const release of ordered.slice(0, 10))
    found.push(await kernel(root, names, release, release === first))
  return found
}

async function kernel(
  root: Root,
  names: readonly string[],
  release: string,
  isDefault: boolean,
): Promise<Kernels[number]> {
  const candidates = [
    `initrd.img-${release}`,
    `initramfs-${release}.img`,
    `initrd-${release}`,
    `initramfs-${release}`,
  ]
  const image = candidates.find((name) => names.includes(name))
  const inside = image === undefined ? { value: [] } : await contents(root, `/boot/${image}`)
  const builtin = await builtinDrivers(root, release)
  const modules = await root.text(`/lib/modules/${release}/modules.dep`)
  const where = (name: string): Kernels[number]['drivers'][number]['where'] => {
    if (builtin.has(name)) return 'builtin'
    if ('unknown' in inside) return 'unknown'
    if (inside.value.some((path) => driverOf(path) === name)) return 'initramfs'
    return linesOf(modules).some((line) => driverOf(line.split(':')[0] ?? '') === name) ? 'module' : 'missing'
  }
  return {
    release: release.slice(0, 300),
    isDefault,
    initramfs: image === undefined ? null : `/boot/${image}`,
    problem: 'unknown' in inside ? inside.unknown : null,
    drivers: DRIVERS.map((name) => ({ name, where: where(name) })),
  }
}

async function contents(root: Root, path: string): Promise<Told<readonly string[]>> {
  try {
    const names = await root.withFile(path, initramfsNames)
    return names === undefined ? { unknown: `${path} is not a file` } : { value: names }
  } catch (problem) {
    return { unknown: (problem instanceof Error ? problem.message : String(problem)).slice(0, 300) }
  }
}

/** `usr/lib/modules/6.1.0/kernel/drivers/block/virtio_blk.ko.xz` → `virtio_blk`. */
function driverOf(path: string): string | undefined {
  return /([^/]+)\.ko(?:\.(?:xz|gz|zst))?$/.exec(path)?.[1]?.replaceAll('-', '_')
}

async function builtinDrivers(root: Root, release: string): Promise<ReadonlySet<string>> {
  const list = await root.text(`/lib/modules/${release}/modules.builtin`)
  const config = await root.text(`/boot/config-${release}`)
  const options: Record<string, string> = {
    CONFIG_VIRTIO_BLK: 'virtio_blk',
    CONFIG_VIRTIO_PCI: 'virtio_pci',
    CONFIG_VIRTIO_NET: 'virtio_net',
  }
  const configured = Object.entries(settingsOf(config)).flatMap(([option, value]) =>
    value === 'y' && option in options ? [options[option] ?? ''] : [],
  )
  return new Set([...linesOf(list).flatMap((line) => driverOf(line) ?? []), ...configured])
}

/** The highest by its numbers: 5.10 comes after 5.9. */
function newest(names: readonly string[]): string | undefined {
  return [...names].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
}
