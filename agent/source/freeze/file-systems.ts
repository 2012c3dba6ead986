/** Which mounted file systems lie on which disks, also through LVM, RAID and encryption. */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

/** A file system as `/proc/self/mountinfo` tells it, by one of the places where it is mounted. */
export interface FileSystem {
  /** `8:1`; of file systems that number themselves (btrfs) it is no device's. */
  readonly device: string
  readonly kind: string
  /** `/dev/sda1`. */
  readonly source: string
  readonly path: string
}

/** `\040` is a blank. */
const plain = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))

/** The file systems that can be written to, each once, with every place where it is mounted. */
export function readMounts(
  mountinfo: string,
): readonly (FileSystem & { readonly paths: readonly string[] })[] {
  const found = new Map<string, FileSystem & { readonly paths: string[] }>()
  for (const line of mountinfo.split('\n')) {
    const [mount = '', rest] = line.split(' - ')
    const [, , device, , path] = mount.split(' ')
    const [kind, source, options] = rest?.split(' ') ?? []
    if (device === undefined || path === undefined || kind === undefined || source === undefined) continue
    if (options?.split(',').includes('ro')) continue
    const known = found.get(device)
    if (known) known.paths.push(plain(path))
    else found.set(device, { device, kind, source: plain(source), path: plain(path), paths: [plain(path)] })
  }
  return [...found.values()]
}

/** What the kernel says of block devices. `root`: `/sys`. */
export class Devices {
  private readonly root: string

  constructor(root = '/sys') {
    this.root = root
  }

  /** Names of the whole disks that a device lies on, by its number (`253:0`); none for what is no block device. */
  disksUnder(number: string): readonly string[] {
    const link = join(this.root, 'dev/block', number)
    return existsSync(link) ? this.under(realpathSync(link)) : []
  }

  numberOf(name: string): string | undefined {
    const path = join(this.root, 'class/block', name, 'dev')
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
  }

  private under(place: string): readonly string[] {
    if (existsSync(join(place, 'partition'))) return this.under(join(place, '..'))
    const slaves = existsSync(join(place, 'slaves')) ? readdirSync(join(place, 'slaves')) : []
    if (slaves.length === 0) return [basename(place)]
    return [...new Set(slaves.flatMap((slave) => this.under(realpathSync(join(place, 'slaves', slave)))))]
  }
}

/**
 * The file systems that can be written to and lie on one of these disks (`sda`), each with a place where it can be
 * reached. One that nothing reaches any more, because others are mounted over it, is left out.
 */
export function fileSystemsOn(
  disks: readonly string[],
  mountinfo = readFileSync('/proc/self/mountinfo', 'utf8'),
  devices = new Devices(),
): FileSystem[] {
  return readMounts(mountinfo).flatMap(({ paths, ...fileSystem }) => {
    const isOwn = fileSystem.device.startsWith('0:')
    if (isOwn && !fileSystem.source.startsWith('/dev/')) return []
    const number = isOwn ? devices.numberOf(deviceName(fileSystem.source)) : fileSystem.device
    const under = number === undefined ? [] : devices.disksUnder(number)
    if (!under.some((disk) => disks.includes(disk))) return []
    const path = paths.find((place) => isOwn || isMountOf(place, fileSystem.device))
    return path === undefined ? [] : [{ ...fileSystem, path }]
  })
}

const deviceName = (path: string): string => basename(existsSync(path) ? realpathSync(path) : path)

function isMountOf(path: string, device: string): boolean {
  try {
    const { dev } = statSync(path)
    // As `makedev(3)` packs them.
    const major = (dev >> 8) & 0xfff
    const minor = (dev & 0xff) | ((dev >> 12) & 0xfff00)
    return `${major}:${minor}` === device
  } catch {
    return false
  }
}

/** The parts of a disk that are swap, in bytes: what is written there while file systems are frozen means nothing. */
export function swapOn(
  disk: string,
  swaps = readFileSync('/proc/swaps', 'utf8'),
  root = '/sys',
): readonly { readonly from: number; readonly to: number }[] {
  return swaps.split('\n').flatMap((line) => {
    const [path = '', kind] = line.split(/\s+/)
    if (kind !== 'partition' || !existsSync(path)) return []
    const place = join(root, 'class/block', deviceName(path))
    if (!existsSync(join(place, 'partition')) || basename(join(realpathSync(place), '..')) !== disk) return []
    const sectors = (file: string): number => Number(readFileSync(join(place, file), 'utf8'))
    const from = sectors('start') * 512
    return [{ from, to: from + sectors('size') * 512 }]
  })
}
