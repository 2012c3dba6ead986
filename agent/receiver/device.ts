/** A disk of the intermediate as a file descriptor: found by its table name, never by a path from the network. */
import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../protocol/fault.ts'

export interface DeviceConfig {
  readonly index: number
  readonly device: string
  readonly sizeBytes: number
}

export interface Device {
  readonly fd: number
  /** What tells this disk from another under the same name: its serial, or a file's inode. */
  readonly identity: string
}

const sysfs = (device: string, name: string): string | undefined => {
  const path = join('/sys/class/block', device, name)
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}

/** Opens it and checks that it is large enough. Throws RECEIVER_IO with a sentence otherwise. */
export function openDevice(directory: string, disk: DeviceConfig, flags: 'r' | 'r+'): Device {
  const path = join(directory, disk.device)
  let fd: number
  try {
    fd = openSync(path, flags)
  } catch (cause) {
    throw new Fault('RECEIVER_IO', `disk ${disk.index} (${path}) cannot be opened`, { cause })
  }
  const stat = fstatSync(fd)
  // A device's stat says 0 bytes; the kernel counts its sectors of 512 bytes in sysfs.
  const size = stat.isFile() ? stat.size : Number(sysfs(disk.device, 'size') ?? 0) * 512
  if (size < disk.sizeBytes) {
    closeSync(fd)
    throw new Fault('RECEIVER_IO', `disk ${disk.index} (${path}) has ${size} of ${disk.sizeBytes} bytes`)
  }
  const serial = sysfs(disk.device, 'serial') ?? sysfs(disk.device, 'device/serial') ?? 'no serial'
  return { fd, identity: stat.isFile() ? `file ${stat.dev}:${stat.ino}` : `disk ${disk.device} ${serial}` }
}

/** The same disk past its page cache, for writing; undefined where the file system cannot do that. */
export function openDirect(directory: string, disk: DeviceConfig): number | undefined {
  try {
    return openSync(join(directory, disk.device), constants.O_RDWR | constants.O_DIRECT)
  } catch {
    return undefined
  }
}

/** Reads a whole disk in order, a megabyte at a time; `each` gets a view that lives until it returns. */
export function readWhole(
  fd: number,
  sizeBytes: number,
  each: (bytes: Buffer, offset: number) => void,
): void {
  const buffer = Buffer.allocUnsafeSlow(Math.min(1024 * 1024, sizeBytes))
  for (let offset = 0; offset < sizeBytes; offset += buffer.length) {
    const wanted = Math.min(buffer.length, sizeBytes - offset)
    const got = readSync(fd, buffer, 0, wanted, offset)
    if (got < wanted) throw new Fault('RECEIVER_IO', `the disk ends at byte ${offset + got} of ${sizeBytes}`)
    each(buffer.subarray(0, wanted), offset)
  }
}
