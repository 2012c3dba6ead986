/** What an inspection of a source tells: facts, never opinions. What cannot be told says why. */
import { z } from 'zod'

const short = z.string().max(300)
const path = z.string().max(4096)
const bytes = z.number().int().nonnegative()

const told = <T extends z.ZodType>(value: T) => z.union([z.object({ value }), z.object({ unknown: short })])

/** A fact, or why it cannot be told. */
export type Told<T> = { value: T } | { unknown: string }

export const InspectParams = z.object({})

export const InspectResult = z.object({
  /** What was looked at: `the running system`, `partition 1 of /srv/system.raw`. */
  looksAt: short,
  /** Whether that is the running system, and not the content of an image file. */
  isRunning: z.boolean(),
  distribution: told(z.object({ id: short, name: short })),
  firmware: told(z.enum(['BIOS', 'UEFI'])),
  bootLoader: told(
    z.object({
      kind: z.enum(['grub', 'extlinux', 'systemd-boot', 'none']),
      /** The file that says what is booted. */
      config: path.nullable(),
      /** What a BIOS finds in the first sector of the system disk; null: it could not be read. */
      bootCode: z.enum(['grub', 'other', 'none']).nullable(),
      /** Whether there is an EFI system partition; null: cannot be told. */
      esp: z.boolean().nullable(),
      /** Programs on it, as `EFI/BOOT/BOOTX64.EFI`; null: it could not be read. */
      efiPrograms: z.array(path).max(100).nullable(),
    }),
  ),
  /** `root=` as the next boot gets it, and where that stands. */
  rootArgument: told(z.object({ argument: path.nullable(), from: path })),
  kernels: told(
    z
      .array(
        z.object({
          release: short,
          /** The one that is booted unless somebody chooses another. */
          isDefault: z.boolean(),
          initramfs: path.nullable(),
          /** Why the initramfs could not be read; null: it was, or there is none. */
          problem: short.nullable(),
          drivers: z
            .array(
              z.object({
                name: short,
                /** `module`: on the disk only, where it cannot be reached before the disk is. */
                where: z.enum(['builtin', 'initramfs', 'module', 'missing', 'unknown']),
              }),
            )
            .max(20),
        }),
      )
      .max(50),
  ),
  fstab: told(z.array(z.object({ spec: path, mount: path, type: short, options: path })).max(500)),
  fileSystems: told(
    z
      .array(
        z.object({
          mount: path,
          type: short,
          sizeBytes: bytes,
          freeBytes: bytes,
          /** 0 where the file system makes them as needed. */
          inodes: bytes,
          freeInodes: bytes,
        }),
      )
      .max(500),
  ),
  /** LVM: its volumes, and the file that binds them to the hardware they are on. */
  lvm: told(z.object({ volumes: z.array(short).max(500), devicesFile: path.nullable() })),
  raid: told(
    z
      .array(
        z.object({ name: short, level: short, members: z.array(short).max(100), isDegraded: z.boolean() }),
      )
      .max(100),
  ),
  encryption: told(
    z
      .array(
        z.object({
          name: short,
          /** `tpm`: a key in the hardware. `unknown`: encrypted, and nothing says how it is opened. */
          opensBy: z.enum(['passphrase', 'tpm', 'key-file', 'unknown']),
          /** Whether the boot goes on without it. */
          isOptional: z.boolean(),
        }),
      )
      .max(100),
  ),
  selinux: told(
    z.object({ mode: z.enum(['enforcing', 'permissive', 'disabled', 'absent']), relabels: z.boolean() }),
  ),
  network: told(
    z.object({
      interfaces: z
        .array(
          z.object({
            name: short,
            method: z.enum(['static', 'dhcp']),
            address: short.nullable(),
            /** The hardware address it is bound to. */
            mac: short.nullable(),
            file: path,
          }),
        )
        .max(200),
      /** A file with rules that give names to hardware addresses. */
      nameRules: path.nullable(),
    }),
  ),
  cloudInit: told(
    z.object({
      isInstalled: z.boolean(),
      isDisabled: z.boolean(),
      datasources: z.array(short).max(50).nullable(),
    }),
  ),
  assistant: told(z.object({ isInstalled: z.boolean(), at: path.nullable() })),
  /** What systemd starts at boot because somebody has enabled it. */
  services: told(z.array(short).max(1000)),
  /** How far the clock of the source is ahead of the bot's. */
  clock: told(z.object({ aheadMs: z.number() })),
  load: told(
    z.object({
      cpuPercent: z.number(),
      memoryPercent: z.number(),
      load1: z.number(),
      cores: z.number().int(),
      /** Share of the last 10 s in which something waited for a disk, in percent; null: the kernel does not tell. */
      ioPressure: z.number().nullable(),
    }),
  ),
})
export type InspectResult = z.infer<typeof InspectResult>
