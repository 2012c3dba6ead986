/** What of a disk decides whether the kernel can tell its writes, and that it is still the same one. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { SourceDisk } from '../../protocol/control.ts'

const SYS = '/sys/class/block'

/** A disk whose writes the kernel tells. */
export interface TracedDisk {
  /** Its number as traces have it: major and minor in one. */
  readonly device: number
  /** Grows with every disk that is attached; another number under the same name is another disk. Empty in old kernels. */
  readonly sequence: string
  /** Whether one discard may be of several ranges, of which the kernel then tells only the first. */
  readonly discardsRanges: boolean
}

const read = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined

/** The number of a device as traces have it, from `8:16`; undefined for anything else. */
export function deviceNumber(text: string): number | undefined {
  const [, major, minor] = /^(\d+):(\d+)$/.exec(text) ?? []
  return major === undefined ? undefined : Number(major) * 2 ** 20 + Number(minor)
}

/** The disk's facts, or why its writes cannot be known, as words that complete "every block: …". */
export function tracedDisk(
  disk: Pick<SourceDisk, 'path' | 'kind'>,
): TracedDisk | { readonly because: string } {
  if (disk.kind === 'file') return { because: 'of a raw file nobody tells what was written' }
  const name = basename(realpathSync(disk.path))
  const at = join(SYS, name)
  if (existsSync(join(realpathSync(at), 'partition')))
    return { because: 'it is a partition; only whole disks are tracked' }
  // Requests are traced, and what lies on other disks (LVM, RAID) passes bios on without making any.
  if (!existsSync(join(at, 'mq')) || existsSync(join(at, 'dm')) || readdirSync(join(at, 'slaves')).length > 0)
    return { because: `${name} lies on other disks or in memory; only real disks are tracked` }
  const device = deviceNumber(read(join(at, 'dev')) ?? '')
  if (device === undefined) return { because: `${name} has no number` }
  return {
    device,
    sequence: read(join(at, 'diskseq')) ?? '',
    discardsRanges: Number(read(join(at, 'queue/max_discard_segments')) ?? 1) > 1,
  }
}
