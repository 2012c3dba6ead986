/** Loop devices over sparse files, with file systems on them: as near to a server's disk as a test machine comes. */
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findTool } from '../../agent/source/inspect/tools.ts'
import { findTracefs } from '../../agent/source/tracking/tracefs.ts'
import { eventually } from './eventually.ts'

export const sh = (program: string, ...args: string[]): string =>
  execFileSync(findTool(program) ?? program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()

/** Why loop devices cannot be mounted and traced here; undefined when they can. */
export function loopObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can attach loop devices'
  const lacking = ['losetup', 'mount', 'mkfs.ext4', 'mkfs.xfs', 'e2fsck', 'xfs_repair', 'fstrim'].filter(
    (program) => findTool(program) === undefined,
  )
  if (lacking.length > 0) return `${lacking.join(' and ')} not installed`
  if (!existsSync('/dev/loop-control')) return 'there are no loop devices'
  return findTracefs() === undefined ? 'the kernel has no tracing file system' : undefined
}

export type FileSystemKind = 'ext4' | 'xfs' | 'btrfs'

/** The kinds of file system that can be made here. */
export const fileSystemKinds = (): readonly FileSystemKind[] =>
  findTool('mkfs.btrfs') === undefined ? ['ext4', 'xfs'] : ['ext4', 'xfs', 'btrfs']

/** A disk of its own in a directory of its own. Close it, whatever happens. */
export class LoopDisk {
  readonly directory = mkdtempSync(join(tmpdir(), 'ferry-loop-'))
  readonly file = join(this.directory, 'disk.img')
  readonly mountPoint = join(this.directory, 'mnt')
  readonly sizeBytes: number
  device = ''
  private isMounted = false

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes
    const fd = openSync(this.file, 'w')
    ftruncateSync(fd, sizeBytes)
    closeSync(fd)
    mkdirSync(this.mountPoint)
    this.attach()
  }

  attach(): void {
    this.device = sh('losetup', '--find', '--show', this.file)
  }

  detach(): void {
    if (this.device !== '') sh('losetup', '--detach', this.device)
    this.device = ''
  }

  make(kind: FileSystemKind): void {
    sh(`mkfs.${kind}`, '-q', kind === 'ext4' ? '-F' : '-f', this.device)
  }

  mount(...options: string[]): void {
    sh('mount', ...options.flatMap((option) => ['-o', option]), this.device, this.mountPoint)
    this.isMounted = true
  }

  unmount(): void {
    if (this.isMounted) sh('umount', this.mountPoint)
    this.isMounted = false
  }

  /**
   * Whether a write to it comes to its end within so many milliseconds. One that does not is left behind: nothing can
   * kill who waits for a file system that is frozen.
   */
  async isWritable(ms: number): Promise<boolean> {
    const canary = join(this.mountPoint, 'canary')
    const child = spawn('sh', ['-c', `echo x > ${canary} && sync ${canary}`], { stdio: 'ignore' })
    const ended = new Promise<boolean>((resolve) => child.on('exit', (code) => resolve(code === 0)))
    const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), ms))
    return Promise.race([ended, late])
  }

  /** Whoever was killed may leave a program of its own that still uses the file system for a moment. */
  async close(): Promise<void> {
    try {
      await eventually('nobody to use the file system', () => Promise.resolve(this.triesToUnmount()), 10_000)
    } finally {
      this.detach()
      rmSync(this.directory, { recursive: true, force: true })
    }
  }

  private triesToUnmount(): boolean {
    try {
      this.unmount()
      return true
    } catch {
      return false
    }
  }
}
