/**
 * A system that lies in an image file. Without root nothing can be mounted, so its ext file systems are looked into
 * from outside, with debugfs, which only reads. Other file systems cannot be told.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPartitionTable, type Partition } from '../../protocol/partition-table.ts'
import type { Root, Space } from './root.ts'
import { CannotTell, TEXT_BYTES } from './root.ts'
import { findTool, output } from './tools.ts'

export type Content = 'ext' | 'fat' | 'xfs' | 'btrfs' | 'lvm' | 'luks' | 'raid' | 'swap' | 'unknown'

/** A partition with what its first bytes say it is. */
export interface Stretch extends Partition {
  readonly content: Content
}

type ReadAt = (offset: number, bytes: number) => Buffer

function withDisk<T>(path: string, use: (read: ReadAt) => T): T {
  const file = openSync(path, 'r')
  try {
    return use((offset, bytes) => {
      const target = Buffer.alloc(bytes)
      return target.subarray(0, readSync(file, target, 0, bytes, offset))
    })
  } finally {
    closeSync(file)
  }
}

const MARKS: readonly { readonly content: Content; readonly at: number; readonly mark: Buffer }[] = [
  { content: 'luks', at: 0, mark: Buffer.from('LUKS\xba\xbe', 'latin1') },
  { content: 'lvm', at: 512, mark: Buffer.from('LABELONE') },
  { content: 'raid', at: 4096, mark: Buffer.from([0xfc, 0x4e, 0x2b, 0xa9]) },
  { content: 'ext', at: 1080, mark: Buffer.from([0x53, 0xef]) },
  { content: 'xfs', at: 0, mark: Buffer.from('XFSB') },
  { content: 'btrfs', at: 65_600, mark: Buffer.from('_BHRfS_M') },
  { content: 'swap', at: 4086, mark: Buffer.from('SWAPSPACE2') },
  { content: 'fat', at: 82, mark: Buffer.from('FAT32') },
  { content: 'fat', at: 54, mark: Buffer.from('FAT1') },
]

/** What lies on a disk, partition by partition. */
export function stretchesOf(path: string): readonly Stretch[] {
  return withDisk(path, (read) =>
    readPartitionTable(read, statSync(path).size).partitions.map((partition) => ({
      ...partition,
      content:
        MARKS.find(({ at, mark }) => read(partition.offset + at, mark.length).equals(mark))?.content ??
        'unknown',
    })),
  )
}

/** The first sector of a disk; short when the disk is. */
export function firstSector(path: string): Buffer {
  return withDisk(path, (read) => read(0, 512))
}

/** One ext file system of an image, read with debugfs. */
class ExtFileSystem {
  private readonly debugfs: string
  private readonly device: string

  constructor(debugfs: string, path: string, offset: number) {
    this.debugfs = debugfs
    this.device = offset === 0 ? path : `${path}?offset=${offset}`
  }

  private ask(request: string): Promise<Buffer> {
    return output(this.debugfs, ['-R', request, this.device])
  }

  /** The request language quotes with double quotes only; a path that has them is none that we look for. */
  private quoted(path: string): string {
    if (/["\n]/.test(path)) throw new CannotTell('a path holds a quote')
    return `"${path}"`
  }

  /** Follows a link in the last place, which debugfs itself does not. */
  private async target(path: string, links = 0): Promise<{ path: string; kind: string } | undefined> {
    const text = (await this.ask(`stat ${this.quoted(path)}`)).toString('utf8')
    const kind = /Type: (\w+)/.exec(text)?.[1]
    if (kind === undefined) return undefined
    if (kind !== 'symlink') return { path, kind }
    const link =
      /^Fast link dest: "(.*)"$/m.exec(text)?.[1] ?? (await this.ask(`cat ${this.quoted(path)}`)).toString()
    if (links > 8 || link === '') return undefined
    return this.target(link.startsWith('/') ? link : join(path, '..', link), links + 1)
  }

  async text(path: string): Promise<string | undefined> {
    const found = await this.target(path)
    if (found?.kind !== 'regular') return undefined
    return (await this.ask(`cat ${this.quoted(found.path)}`)).subarray(0, TEXT_BYTES).toString('utf8')
  }

  async exists(path: string): Promise<boolean> {
    return (await this.target(path)) !== undefined
  }

  /** Each line is /inode/mode/owner/group/name/size/. */
  async list(path: string): Promise<readonly string[]> {
    const found = await this.target(path)
    if (found?.kind !== 'directory') return []
    const lines = (await this.ask(`ls -p ${this.quoted(found.path)}`)).toString('utf8').split('\n')
    return lines
      .map((line) => line.split('/')[5] ?? '')
      .filter((name) => name !== '' && name !== '.' && name !== '..')
      .sort()
  }

  async dump(path: string, to: string): Promise<boolean> {
    const found = await this.target(path)
    if (found?.kind !== 'regular') return false
    await this.ask(`dump ${this.quoted(found.path)} ${this.quoted(to)}`)
    return true
  }

  async space(): Promise<Space | undefined> {
    const text = (await this.ask('stats -h')).toString('utf8')
    const figure = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0)
    const block = figure('Block size')
    if (block === 0) return undefined
    const freeBlocks = Math.max(0, figure('Free blocks') - figure('Reserved block count'))
    const [inodes, freeInodes] = [figure('Inode count'), figure('Free inodes')]
    return { sizeBytes: figure('Block count') * block, freeBytes: freeBlocks * block, inodes, freeInodes }
  }
}

/** The root of the system in an image, with its /boot when that is an ext file system of its own. */
export class ImageRoot implements Root {
  readonly isRunning = false
  readonly looksAt: string
  private readonly root: ExtFileSystem
  private readonly boot: ExtFileSystem | undefined

  private constructor(looksAt: string, root: ExtFileSystem, boot: ExtFileSystem | undefined) {
    this.looksAt = looksAt
    this.root = root
    this.boot = boot
  }

  /** Finds the root among the partitions of an image: the one with an fstab. Throws CannotTell. */
  static async open(path: string): Promise<ImageRoot> {
    const debugfs = findTool('debugfs')
    if (debugfs === undefined)
      throw new CannotTell(
        'debugfs (package e2fsprogs) is not on this machine, so the image cannot be looked into',
      )
    const stretches = stretchesOf(path)
    const exts = stretches
      .filter(({ content }) => content === 'ext')
      .map(({ number, offset }) => ({ number, system: new ExtFileSystem(debugfs, path, offset) }))
    let root: (typeof exts)[number] | undefined
    let boot: (typeof exts)[number] | undefined
    for (const ext of exts) {
      if (await ext.system.exists('/etc/fstab')) root ??= ext
      else if ((await ext.system.exists('/grub')) || (await ext.system.exists('/grub2'))) boot ??= ext
    }
    if (root === undefined) {
      const contents = stretches.map(({ number, content }) => `partition ${number}: ${content}`).join(', ')
      throw new CannotTell(
        `no ext file system with a system was found in the image (${contents || 'no partition'})`,
      )
    }
    const place = root.number === 0 ? path : `partition ${root.number} of ${path}`
    return new ImageRoot(place, root.system, boot?.system)
  }

  private at(path: string): { system: ExtFileSystem; path: string } {
    if (this.boot !== undefined && (path === '/boot' || path.startsWith('/boot/')))
      return { system: this.boot, path: path.slice('/boot'.length) || '/' }
    return { system: this.root, path }
  }

  text(path: string): Promise<string | undefined> {
    const at = this.at(path)
    return at.system.text(at.path)
  }

  list(path: string): Promise<readonly string[]> {
    const at = this.at(path)
    return at.system.list(at.path)
  }

  exists(path: string): Promise<boolean> {
    const at = this.at(path)
    return at.system.exists(at.path)
  }

  async withFile<T>(path: string, use: (local: string) => Promise<T>): Promise<T | undefined> {
    const at = this.at(path)
    const folder = mkdtempSync(join(tmpdir(), 'ferry-inspect-'))
    try {
      const local = join(folder, 'file')
      return (await at.system.dump(at.path, local)) ? await use(local) : undefined
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  async space(mount: string): Promise<Space | undefined> {
    if (mount === '/') return this.root.space()
    return mount === '/boot' ? this.boot?.space() : undefined
  }
}
