/** What an inspection of a source tells: facts, never opinions (those are `drill-rules.ts`). */

/** A fact, or why it cannot be told. */
export type Told<T> = { readonly value: T } | { readonly unknown: string }

export interface BootLoaderFacts {
  readonly kind: 'grub' | 'extlinux' | 'systemd-boot' | 'none'
  readonly config: string | null
  /** What a BIOS finds in the first sector of the system disk; null: it could not be read. */
  readonly bootCode: 'grub' | 'other' | 'none' | null
  /** Whether there is an EFI system partition; null: cannot be told. */
  readonly esp: boolean | null
  /** Programs on it, as `EFI/BOOT/BOOTX64.EFI`; null: it could not be read. */
  readonly efiPrograms: readonly string[] | null
}

export interface KernelFacts {
  readonly release: string
  /** The one that is booted unless somebody chooses another. */
  readonly isDefault: boolean
  readonly initramfs: string | null
  /** Why the initramfs could not be read; null: it was, or there is none. */
  readonly problem: string | null
  readonly drivers: readonly {
    readonly name: string
    /** `module`: on the disk only, where it cannot be reached before the disk is. */
    readonly where: 'builtin' | 'initramfs' | 'module' | 'missing' | 'unknown'
  }[]
}

export interface FstabEntry {
  readonly spec: string
  readonly mount: string
  readonly type: string
  readonly options: string
}

export interface FileSystemFacts {
  readonly mount: string
  readonly type: string
  readonly sizeBytes: number
  readonly freeBytes: number
  /** 0 where the file system makes them as needed. */
  readonly inodes: number
  readonly freeInodes: number
}

export interface RaidFacts {
  readonly name: string
  readonly level: string
  readonly members: readonly string[]
  readonly isDegraded: boolean
}

export interface EncryptionFacts {
  readonly name: string
  readonly opensBy: 'passphrase' | 'tpm' | 'key-file' | 'unknown'
  readonly isOptional: boolean
}

export interface InterfaceFacts {
  readonly name: string
  readonly method: 'static' | 'dhcp'
  readonly address: string | null
  /** The hardware address it is bound to. */
  readonly mac: string | null
  readonly file: string
}

export interface SourceFacts {
  /** What was looked at: `the running system`, `partition 1 of /srv/system.raw`. */
  readonly looksAt: string
  /** Whether that is the running system, and not the content of an image file. */
  readonly isRunning: boolean
  readonly distribution: Told<{ readonly id: string; readonly name: string }>
  readonly firmware: Told<'BIOS' | 'UEFI'>
  readonly bootLoader: Told<BootLoaderFacts>
  /** `root=` as the next boot gets it, and where that stands. */
  readonly rootArgument: Told<{ readonly argument: string | null; readonly from: string }>
  readonly kernels: Told<readonly KernelFacts[]>
  readonly fstab: Told<readonly FstabEntry[]>
  readonly fileSystems: Told<readonly FileSystemFacts[]>
  /** LVM: its volumes, and the file that binds them to the hardware they are on. */
  readonly lvm: Told<{ readonly volumes: readonly string[]; readonly devicesFile: string | null }>
  readonly raid: Told<readonly RaidFacts[]>
  readonly encryption: Told<readonly EncryptionFacts[]>
  readonly selinux: Told<{
    readonly mode: 'enforcing' | 'permissive' | 'disabled' | 'absent'
    readonly relabels: boolean
  }>
  readonly network: Told<{
    readonly interfaces: readonly InterfaceFacts[]
    readonly nameRules: string | null
  }>
  readonly cloudInit: Told<{
    readonly isInstalled: boolean
    readonly isDisabled: boolean
    readonly datasources: readonly string[] | null
  }>
  readonly assistant: Told<{ readonly isInstalled: boolean; readonly at: string | null }>
  /** How far the clock of the source is ahead of the bot's. */
  /** What systemd starts at boot because somebody has enabled it: `nginx`, `ssh`. */
  readonly services: Told<readonly string[]>
  readonly clock: Told<{ readonly aheadMs: number }>
  readonly load: Told<{
    readonly cpuPercent: number
    readonly memoryPercent: number
    readonly load1: number
    readonly cores: number
    /** Share of the last 10 s in which something waited for a disk, in percent; null: the kernel does not tell. */
    readonly ioPressure: number | null
  }>
}
