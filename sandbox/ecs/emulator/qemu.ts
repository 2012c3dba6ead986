/** What boots an instance of one's own image: QEMU, over the instance's own disks. */
import { accessSync, constants, existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { delimiter, join } from 'node:path'
import { hardwareOf } from '../places.ts'
import type { Disk, Image, Instance } from '../state.ts'
import type { Accelerator } from './accelerator.ts'

const PROGRAM = 'qemu-system-x86_64'
/** Firmware for images that boot by UEFI, where Debian's `ovmf` puts it. */
const UEFI_FIRMWARE = '/usr/share/ovmf/OVMF.fd'
/** A test boot needs no more, and hosts of tests are small. */
const MOST_MEMORY_MIB = 1024
/** Names within a machine's folder, which is the emulator's working directory. */
export const ASSISTANT_SOCKET = 'assistant'
const CONSOLE = 'console.log'
export const METADATA = 'metadata'
/** The port through which QEMU's guest agent speaks: it is the Cloud Assistant of this cloud. */
const ASSISTANT_PORT = 'org.qemu.guest_agent.0'

/** The path of the emulator; undefined when it is not installed. */
export function findQemu(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, PROGRAM)).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Why an image cannot boot here, in the words of a console; undefined when it can be tried. */
export function whyNot(image: Image | undefined): string | undefined {
  if (image?.architecture === 'arm64') return 'the local cloud emulates x86_64 machines, not arm64'
  if (image?.bootMode === 'UEFI' && !existsSync(UEFI_FIRMWARE))
    return `the image boots by UEFI, and there is no ${UEFI_FIRMWARE} here (Debian: ovmf)`
  return undefined
}

interface Machine {
  readonly instance: Instance
  readonly image: Image | undefined
  readonly accelerator: Accelerator
  /** Its disks with their files, the system disk first. */
  readonly disks: readonly { readonly disk: Disk; readonly path: string }[]
}

/**
 * The command line. The network ends within the emulator: DHCP, DNS that knows nothing, and the metadata service at
 * 100.100.100.200 that every ECS instance has; no packet leaves it (`restrict=on`). Nothing waits: no boot menu, no
 * boot from the network.
 */
export function qemuArguments({ instance, image, accelerator, disks }: Machine): string[] {
  const { cores, memoryMiB } = hardwareOf(instance.type) ?? { cores: 1, memoryMiB: MOST_MEMORY_MIB }
  const metadata = `guestfwd=tcp:100.100.100.200:80-cmd:/bin/cat ${METADATA}`
  return [
    ...['-name', instance.id, '-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-machine', 'pc,graphics=off', '-accel', accelerator.name, '-cpu', accelerator.cpu],
    ...['-smp', String(Math.min(cores, cpus().length)), '-m', String(Math.min(memoryMiB, MOST_MEMORY_MIB))],
    ...(image?.bootMode === 'UEFI' ? ['-bios', UEFI_FIRMWARE] : []),
    ...['-chardev', `file,id=console,path=${CONSOLE},append=on`, '-serial', 'chardev:console'],
    ...['-chardev', `socket,id=assistant,path=${ASSISTANT_SOCKET},server=on,wait=off`],
    ...['-device', 'virtio-serial-pci', '-device', `virtserialport,chardev=assistant,name=${ASSISTANT_PORT}`],
    ...['-netdev', `user,id=net,restrict=on,ipv6=off,net=100.100.100.0/24,${metadata}`],
    ...['-device', 'virtio-net-pci,netdev=net,romfile=', '-device', 'virtio-rng-pci'],
    ...disks.flatMap(({ disk, path }, index) => [
      '-drive',
      // Durability is the snapshot's business; a machine that dies with this host has lost nothing of a source.
      `file=${path.replaceAll(',', ',,')},format=raw,if=none,id=disk${index},cache=unsafe`,
      '-device',
      `virtio-blk-pci,drive=disk${index},bootindex=${index},serial=${disk.id.slice(2, 22)}`,
    ]),
  ]
}
