/** The rules of a drill that are about booting (see drill-rules.ts). */
import type { Verdict } from './drill.ts'
import { critical, normal, warning } from './drill.ts'
import type { BootLoaderFacts, KernelFacts, SourceFacts } from './source-facts.ts'

/** Where firmware without memory of its own, as a new server's is, looks for something to start. */
const FALLBACK = /^EFI\/BOOT\/BOOT(X64|AA64)\.EFI$/i

type Family = 'debian' | 'redhat' | 'suse' | 'other'

/** Whose tools a fix names. */
function familyOf({ distribution }: SourceFacts): Family {
  const id = 'value' in distribution ? distribution.value.id : ''
  if (/debian|ubuntu/.test(id)) return 'debian'
  if (/rhel|fedora|centos|alinux|anolis|rocky|almalinux|ol\b/.test(id)) return 'redhat'
  return /suse/.test(id) ? 'suse' : 'other'
}

export function loaderVerdict(loader: BootLoaderFacts, facts: SourceFacts): Verdict {
  const firmware = 'value' in facts.firmware ? facts.firmware.value : 'BIOS'
  return firmware === 'UEFI' ? uefiVerdict(loader, facts) : biosVerdict(loader, facts)
}

function installGrub(facts: SourceFacts, how: string): string {
  return `${familyOf(facts) === 'debian' ? 'grub-install' : 'grub2-install'} ${how}`
}

function biosVerdict({ kind, config, bootCode }: BootLoaderFacts, facts: SourceFacts): Verdict {
  if (bootCode === 'none')
    return critical(
      'boot mode BIOS, and the first sector of the system disk holds no boot loader',
      installGrub(facts, '/dev/<system disk>'),
    )
  if (kind === 'none')
    return warning(
      `boot mode BIOS; ${bootCode === null ? 'the first sector could not be read' : 'there is boot code'}, but no configuration of a known boot loader`,
      'ls /boot /boot/grub* /boot/extlinux',
    )
  const found = `boot mode BIOS, ${kind} (${config ?? ''})`
  if (kind === 'grub' && bootCode === 'other')
    return warning(
      `${found}, but the code in the first sector is not GRUB’s`,
      installGrub(facts, '/dev/<system disk>'),
    )
  return bootCode === null
    ? warning(`${found}; the first sector of the system disk could not be read`, 'start the agent as root')
    : normal(found)
}

function uefiVerdict({ kind, esp, efiPrograms }: BootLoaderFacts, facts: SourceFacts): Verdict {
  if (esp === false)
    return critical(
      'boot mode UEFI, and there is no EFI system partition',
      'lsblk -o NAME,FSTYPE,PARTTYPENAME,MOUNTPOINT',
      'mount the EFI system partition on /boot/efi and name it in /etc/fstab',
    )
  if (esp === null || efiPrograms === null)
    return warning('boot mode UEFI; the EFI system partition could not be looked into', 'ls -R /boot/efi/EFI')
  if (efiPrograms.length === 0)
    return critical('boot mode UEFI, and the EFI system partition holds no boot program', removable(facts))
  // A new server's firmware remembers no entries: it starts this one or none.
  if (!efiPrograms.some((path) => FALLBACK.test(path)))
    return critical(
      `boot mode UEFI; there is ${efiPrograms.slice(0, 3).join(', ')} but no EFI/BOOT/BOOTX64.EFI, the only one that a new server starts`,
      removable(facts),
    )
  return normal(`boot mode UEFI, ${kind}, ${efiPrograms.find((path) => FALLBACK.test(path)) ?? ''}`)
}

function removable(facts: SourceFacts): string {
  return familyOf(facts) === 'debian'
    ? 'grub-install --removable'
    : 'mkdir -p /boot/efi/EFI/BOOT && cp /boot/efi/EFI/*/shimx64.efi /boot/efi/EFI/BOOT/BOOTX64.EFI && cp /boot/efi/EFI/*/grubx64.efi /boot/efi/EFI/BOOT/'
}

export function virtioVerdict(kernels: readonly KernelFacts[], facts: SourceFacts): Verdict {
  const [first, ...others] = kernels
  if (first === undefined) {
    const isElsewhere = 'value' in facts.bootLoader && facts.bootLoader.value.kind === 'systemd-boot'
    return isElsewhere
      ? warning('the kernel lies on the EFI system partition and could not be looked into', 'bootctl list')
      : critical('there is no kernel in /boot', 'ls -l /boot', 'install the distribution’s kernel package')
  }
  const lacking = lackingOf(first)
  if (lacking.length > 0)
    return critical(
      `${first.release}, which is booted next, has no ${lacking.join(', ')} before its root is mounted${
        first.initramfs === null ? ', and no initramfs' : ` (not built in, not in ${first.initramfs})`
      }`,
      ...rebuild(first, facts),
    )
  if (first.problem !== null)
    return warning(
      `cannot be told: ${first.initramfs ?? first.release}: ${first.problem}`,
      `lsinitramfs ${first.initramfs ?? ''} 2>/dev/null | grep virtio || lsinitrd ${first.initramfs ?? ''} | grep virtio`,
    )
  const network = first.drivers.find(({ name }) => name === 'virtio_net')?.where
  if (network === 'missing')
    return critical(
      `${first.release}, which is booted next, has no virtio_net at all: it would come up without a network`,
      'install the distribution’s full kernel package (modules-extra)',
    )
  const older = others.filter((kernel) => lackingOf(kernel).length > 0)
  if (older.length > 0)
    return warning(
      `${first.release} is fine; without virtio drivers: ${older.map(({ release }) => release).join(', ')}`,
      ...older.slice(0, 2).flatMap((kernel) => rebuild(kernel, facts)),
    )
  const where = first.drivers.map((driver) => `${driver.name} ${driver.where}`)
  return normal(`${first.release}: ${where.join(', ')}`)
}

/** Without these the root cannot be mounted; the network's driver may come from the root itself. */
function lackingOf({ drivers }: KernelFacts): readonly string[] {
  return drivers
    .filter(({ name, where }) => name !== 'virtio_net' && (where === 'missing' || where === 'module'))
    .map(({ name }) => name)
}

function rebuild({ release, initramfs }: KernelFacts, facts: SourceFacts): readonly string[] {
  if (familyOf(facts) === 'debian')
    return [
      "printf '%s\\n' virtio_blk virtio_pci virtio_net >> /etc/initramfs-tools/modules",
      `update-initramfs -u -k ${release}`,
    ]
  return [
    `dracut --force --add-drivers "virtio_blk virtio_pci virtio_net" ${initramfs ?? `/boot/initramfs-${release}.img`} ${release}`,
  ]
}

/** Names that the hardware gives do not travel; identities that lie on the disk do. */
export function rootVerdict(
  root: { readonly argument: string | null; readonly from: string },
  facts: SourceFacts,
): Verdict {
  const { argument, from } = root
  if (argument === null) return warning(`${from} names no root device`, `grep root= ${from}`)
  const words = `root=${argument} (${from})`
  if (/^(UUID|LABEL|PARTUUID|PARTLABEL)=/.test(argument) || argument.startsWith('/dev/mapper/'))
    return normal(words)
  if (/^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\//.test(argument)) return normal(words)
  const mkconfig = familyOf(facts) === 'debian' ? 'update-grub' : 'grub2-mkconfig -o /boot/grub2/grub.cfg'
  const fix = [
    'blkid',
    `put root=UUID=… there instead (GRUB_CMDLINE_LINUX in /etc/default/grub), then ${mkconfig}`,
  ]
  if (/^\/dev\/vd[a-z]/.test(argument))
    return warning(`${words}: right in the cloud too, as long as no disk comes before it`, ...fix)
  if (argument.startsWith('/dev/') && argument.split('/').length === 4 && !argument.startsWith('/dev/disk'))
    return normal(words)
  return critical(`${words}: the disk has another name in the cloud`, ...fix)
}
