/** What the source mounts and of what its disks are made: fstab, room, LVM, software RAID, encryption. */
import type { InspectResult } from '../../protocol/inspect.ts'
import type { Stretch } from './image-root.ts'
import { linesOf, type Root } from './root.ts'

type Value<T> = T extends { value: infer V } ? V : never
type Raid = Value<InspectResult['raid']>
type Encryption = Value<InspectResult['encryption']>

/** File systems that lie on disks; others have no room of their own. */
const ON_DISKS = /^(ext[234]|xfs|btrfs|f2fs|jfs|reiserfs|vfat|zfs)$/
const DEVICES_FILE = '/etc/lvm/devices/system.devices'

export async function fstab(root: Root): Promise<Value<InspectResult['fstab']>> {
  return linesOf(await root.text('/etc/fstab')).flatMap((line) => {
    const [spec, mount, type = 'auto', options = 'defaults'] = line.split(/\s+/)
    return spec === undefined || mount === undefined ? [] : [{ spec, mount, type, options }]
  })
}

/** Room in what is mounted now; in an image, in the file systems that could be opened. */
export async function fileSystems(root: Root): Promise<Value<InspectResult['fileSystems']>> {
  const mounted = linesOf(
    root.isRunning ? await root.text('/proc/mounts') : '/ / ext4\n/boot /boot ext4',
  ).map((line) => line.split(/\s+/))
  const found: Value<InspectResult['fileSystems']> = []
  for (const [, mount = '', type = ''] of mounted) {
    if (!ON_DISKS.test(type) || found.some((known) => known.mount === mount)) continue
    // Spaces and the like are written as octal numbers there.
    const path = mount.replace(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    )
    const space = await root.space(path)
    if (space !== undefined) found.push({ mount, type, ...space })
  }
  return found
}

/** The device mapper's devices by the kind that their identity begins with. */
async function mapped(root: Root, kind: 'LVM' | 'CRYPT'): Promise<string[]> {
  const names: string[] = []
  for (const device of (await root.list('/sys/block')).filter((name) => name.startsWith('dm-'))) {
    const uuid = await root.text(`/sys/block/${device}/dm/uuid`)
    if (uuid?.startsWith(`${kind}-`) === true)
      names.push((await root.text(`/sys/block/${device}/dm/name`))?.trim() ?? device)
  }
  return names
}

const partitionsOf = (stretches: readonly Stretch[], content: Stretch['content']): string[] =>
  stretches.filter((each) => each.content === content).map(({ number }) => `partition ${number}`)

export async function lvm(
  root: Root,
  stretches: readonly Stretch[],
): Promise<{ volumes: string[]; devicesFile: string | null }> {
  const volumes = [...(await mapped(root, 'LVM')), ...partitionsOf(stretches, 'lvm')]
  return { volumes, devicesFile: (await root.exists(DEVICES_FILE)) ? DEVICES_FILE : null }
}

/** `md0 : active raid1 vdb1[1] vda1[0]`, and on the next line `[2/1] [U_]` when one is missing. */
export async function raid(root: Root, stretches: readonly Stretch[]): Promise<Raid> {
  const lines = ((await root.text('/proc/mdstat')) ?? '').split('\n')
  const running = lines.flatMap((line, at): Raid => {
    const [, name, rest] = /^(md\S*)\s*:\s*(.*)$/.exec(line) ?? []
    if (name === undefined || rest === undefined) return []
    const members = [...rest.matchAll(/(\S+)\[\d+\](?:\([A-Z]\))?/g)].map(([, member]) => member ?? '')
    const level = /\b(raid\d+|linear|multipath)\b/.exec(rest)?.[1] ?? 'unknown'
    const isDegraded = /\[[U_]*_[U_]*\]/.test(lines[at + 1] ?? '') || /\(F\)|inactive/.test(rest)
    return [{ name, level, members, isDegraded }]
  })
  const inImage = partitionsOf(stretches, 'raid').map((name) => ({
    ...{ name, level: 'unknown', members: [name], isDegraded: false },
  }))
  return [...running, ...inImage]
}

/** What crypttab opens at boot, and what is open or lies there without a line in it. */
export async function encryption(root: Root, stretches: readonly Stretch[]): Promise<Encryption> {
  const listed = linesOf(await root.text('/etc/crypttab')).flatMap((line): Encryption => {
    const [name, , key = 'none', options = ''] = line.split(/\s+/)
    if (name === undefined || /\bswap\b/.test(options) || key === '/dev/urandom') return []
    const isAsked = key === 'none' || key === '-'
    const opensBy = /tpm2-device|pkcs11-uri|fido2-device/.test(options)
      ? 'tpm'
      : isAsked
        ? 'passphrase'
        : 'key-file'
    return [{ name, opensBy, isOptional: /\b(noauto|nofail)\b/.test(options) }]
  })
  const known = new Set(listed.map(({ name }) => name))
  const others = [
    ...(await mapped(root, 'CRYPT')),
    ...(listed.length > 0 ? [] : partitionsOf(stretches, 'luks')),
  ]
  const unlisted = others
    .filter((name) => !known.has(name))
    .map((name) => ({ name, opensBy: 'unknown' as const, isOptional: false }))
  return [...listed, ...unlisted]
}
