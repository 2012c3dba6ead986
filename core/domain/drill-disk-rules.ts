/** The rules of a drill that are about disks and what lies between them and the file systems (see drill-rules.ts). */
import type { Verdict } from './drill.ts'
import { critical, normal, warning } from './drill.ts'
import type { EncryptionFacts, FstabEntry, RaidFacts } from './source-facts.ts'

/** Names that only the hardware gives: they are others in the cloud. */
const OF_HARDWARE = /^\/dev\/(sd|hd|xvd|nvme|mmcblk|disk\/by-path\/|disk\/by-id\/(?!dm-|lvm-|md-))/
const OF_VIRTIO = /^\/dev\/vd[a-z]/

/** A boot stops, or waits for minutes, for what is named wrong and is not marked as dispensable. */
export function fstabVerdict(entries: readonly FstabEntry[]): Verdict {
  if (entries.length === 0) return warning('it is empty or missing', 'cat /etc/fstab')
  const named = entries.filter(({ spec }) => OF_HARDWARE.test(spec))
  const isNeeded = ({ mount, type, options }: FstabEntry): boolean =>
    type !== 'swap' && mount !== 'none' && mount !== 'swap' && !/\b(nofail|noauto)\b/.test(options)
  const needed = named.filter(isNeeded)
  const words = (list: readonly FstabEntry[]): string =>
    list.map(({ spec, mount }) => `${spec} on ${mount}`).join('; ')
  const fix = (list: readonly FstabEntry[]): string[] =>
    list.map(
      ({ spec }) => `sed -i "s#^${spec}[[:space:]]#UUID=$(blkid -s UUID -o value ${spec}) #" /etc/fstab`,
    )
  if (needed.length > 0)
    return critical(
      `the disk has another name in the cloud: ${words(needed)}`,
      'cp /etc/fstab /etc/fstab.before',
      ...fix(named),
    )
  if (named.length > 0)
    return warning(
      `will be missing in the cloud: ${words(named)}`,
      'cp /etc/fstab /etc/fstab.before',
      ...fix(named),
    )
  const virtio = entries.filter(({ spec }) => OF_VIRTIO.test(spec))
  if (virtio.length > 0)
    return warning(
      `right only while disks keep their order: ${words(virtio)}`,
      'cp /etc/fstab /etc/fstab.before',
      ...fix(virtio),
    )
  return normal(
    entries
      .map(({ spec, mount }) => `${spec} on ${mount}`)
      .slice(0, 6)
      .join('; '),
  )
}

export function lvmVerdict({
  volumes,
  devicesFile,
}: {
  readonly volumes: readonly string[]
  readonly devicesFile: string | null
}): Verdict {
  if (volumes.length === 0) return normal('there is none')
  if (devicesFile !== null)
    return critical(
      `${devicesFile} binds the volumes to the disks of this hardware: ${volumes.slice(0, 6).join(', ')} would not be found`,
      `mv ${devicesFile} ${devicesFile}.off`,
      'dracut --force',
    )
  return warning(
    `volumes ${volumes.slice(0, 6).join(', ')}: found by their own identity, if the initramfs knows LVM`,
    'pvs -o pv_name,vg_name && vgs',
  )
}

export function raidVerdict(arrays: readonly RaidFacts[]): Verdict {
  if (arrays.length === 0) return normal('there is none')
  const words = arrays.map(
    ({ name, level, members, isDegraded }) =>
      `${name} ${level} of ${members.join(', ')}${isDegraded ? ', degraded' : ''}`,
  )
  const degraded = arrays.filter(({ isDegraded }) => isDegraded)
  if (degraded.length > 0)
    return critical(
      `${words.join('; ')}: an array that is degraded may not be started by itself`,
      ...degraded.map(({ name }) => `mdadm --detail /dev/${name}`),
    )
  return warning(
    `${words.join('; ')}: every member disk must be migrated`,
    'cat /proc/mdstat',
    'mdadm --examine --scan',
  )
}

export function encryptionVerdict(volumes: readonly EncryptionFacts[]): Verdict {
  if (volumes.length === 0) return normal('there is none')
  const words = (list: readonly EncryptionFacts[]): string => list.map(({ name }) => name).join(', ')
  const stuck = volumes.filter(
    ({ opensBy, isOptional }) => !isOptional && (opensBy === 'passphrase' || opensBy === 'tpm'),
  )
  const [first] = stuck
  if (first !== undefined)
    return critical(
      `${words(stuck)}: ${first.opensBy === 'tpm' ? 'the key is in this hardware' : 'a passphrase is asked for at boot'}, which nobody can give in the cloud`,
      'dd if=/dev/urandom of=/etc/keys/<name>.key bs=64 count=1 && cryptsetup luksAddKey <device> /etc/keys/<name>.key',
      'name the key file in the third column of /etc/crypttab and rebuild the initramfs',
    )
  const unknown = volumes.filter(({ opensBy }) => opensBy === 'unknown')
  if (unknown.length > 0)
    return warning(
      `${words(unknown)}: encrypted, and nothing says how it is opened at boot`,
      'lsblk -o NAME,FSTYPE,MOUNTPOINT && cat /etc/crypttab',
    )
  return warning(
    `${words(volumes)}: encrypted; the copy stays so, and is opened as here`,
    'cat /etc/crypttab',
  )
}
