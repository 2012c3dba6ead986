/** Finds the disks of this server: those that were named, or all whole disks with the boot disk first. */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { SourceDisk } from '../protocol/control.ts'

const SYS = '/sys/class/block'
/** Not disks of the server: what lies on other disks, in memory, or is removable. */
const PASSED_OVER = /^(loop|ram|zram|dm-|md|sr|fd|nbd)/
const DISKS = 17

const read = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined

/** The whole disk that a block device belongs to: `vda1` lies on `vda`. */
function wholeDisk(device: string): string {
  const place = realpathSync(join(SYS, device))
  return existsSync(join(place, 'partition')) ? basename(join(place, '..')) : device
}

/** The device that holds `/`, from the kernel's list of mounts; undefined when `/` is on no single disk. */
function rootDevice(): string | undefined {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  const numbers = mounts.map((line) => line.split(' ')).find((fields) => fields[4] === '/')?.[2]
  const device = numbers === undefined ? undefined : join('/sys/dev/block', numbers)
  return device && existsSync(device) ? wholeDisk(basename(realpathSync(device))) : undefined
}

function blockDisk(name: string, path: string, index: number): SourceDisk {
  const at = (file: string): string | undefined => read(join(SYS, name, file))
  const serial = at('serial') ?? at('device/serial') ?? at('wwid') ?? at('device/wwid')
  const sizeBytes = Number(at('size') ?? 0) * 512
  return { index, path, kind: 'block', sizeBytes, identity: `serial ${serial ?? 'none'}` }
}

/** A disk by its path. Throws what `stat` throws when it is not there. */
export function diskAt(path: string, index: number): SourceDisk {
  const stat = statSync(path)
  if (stat.isBlockDevice()) return blockDisk(basename(realpathSync(path)), path, index)
  if (stat.isFile()) return { index, path, kind: 'file', sizeBytes: stat.size, identity: `inode ${stat.ino}` }
  throw new Error(`${path} is neither a disk nor a file`)
}

function allDisks(): SourceDisk[] {
  const boot = rootDevice()
  const names = readdirSync(SYS)
    .filter((name) => !PASSED_OVER.test(name) && wholeDisk(name) === name)
    .filter((name) => Number(read(join(SYS, name, 'size')) ?? 0) > 0)
    .sort((a, b) => Number(b === boot) - Number(a === boot) || a.localeCompare(b))
  return names.slice(0, DISKS).map((name, index) => blockDisk(name, join('/dev', name), index))
}

/**
 * The disks as they are now. `paths`: those chosen when enrolling, by index; empty for all. A chosen disk that is not
 * there is left out, so the others keep their index. Repeatable.
 */
export function findDisks(paths: readonly string[]): SourceDisk[] {
  if (paths.length === 0) return allDisks()
  return paths.flatMap((path, index) => {
    try {
      return [diskAt(resolve(path), index)]
    } catch {
      // Gone for now; an order for it ends with SOURCE_DISK_GONE.
      return []
    }
  })
}
