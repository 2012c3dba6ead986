import type { SourceDisk } from '../../../agent/protocol/control.ts'
import type { JobDisk } from '../../domain/job.ts'
import { TurnedAway } from './answer.ts'

/** A source's disks as the core keeps them, in the order of their index; each index stands once. */
export function jobDisks(disks: readonly SourceDisk[]): readonly JobDisk[] {
  const sorted = [...disks].sort((a, b) => a.index - b.index)
  if (sorted.some((disk, at) => disk.index === sorted[at + 1]?.index))
    throw new TurnedAway(400, 'disks: two of them have the same index.')
  return sorted.map(({ index, path, identity, sizeBytes }) => ({ index, path, identity, sizeBytes }))
}
