/** Reads where the partitions of a disk lie: GPT, MBR with its logical partitions, or none at all. */

/** A stretch of a disk, in bytes. Number 0 is the whole disk. */
export interface Partition {
  readonly number: number
  readonly offset: number
  readonly bytes: number
}

interface PartitionTable {
  readonly kind: 'gpt' | 'mbr' | 'none'
  readonly partitions: readonly Partition[]
  /** What is wrong with the table, if anything. */
  readonly problem: string | undefined
}

/** Reads bytes of the disk; fewer come back at its end. */
export type ReadAt = (offset: number, bytes: number) => Buffer

const SECTOR = 512
const EXTENDED = [0x05, 0x0f, 0x85]
/** More logical partitions than this is a chain that bites its tail. */
const LOGICAL = 60

interface MbrEntry {
  readonly type: number
  readonly start: number
  readonly sectors: number
}

const mbrEntries = (sector: Buffer): MbrEntry[] =>
  [446, 462, 478, 494].map((at) => ({
    type: sector.readUInt8(at + 4),
    start: sector.readUInt32LE(at + 8),
    sectors: sector.readUInt32LE(at + 12),
  }))

const isBootRecord = (sector: Buffer): boolean =>
  sector.length === SECTOR && sector.readUInt16LE(510) === 0xaa55

function logical(read: ReadAt, extended: MbrEntry): Partition[] {
  const found: Partition[] = []
  let start = extended.start
  while (found.length < LOGICAL) {
    const sector = read(start * SECTOR, SECTOR)
    if (!isBootRecord(sector)) break
    const [own, next] = mbrEntries(sector)
    if (own && own.sectors > 0)
      found.push({
        number: 5 + found.length,
        offset: (start + own.start) * SECTOR,
        bytes: own.sectors * SECTOR,
      })
    if (!next || next.start === 0) break
    start = extended.start + next.start
  }
  return found
}

function gpt(read: ReadAt): Partition[] | undefined {
  const header = read(SECTOR, SECTOR)
  if (header.toString('latin1', 0, 8) !== 'EFI PART') return undefined
  const entries = Number(header.readBigUInt64LE(72)) * SECTOR
  const count = Math.min(header.readUInt32LE(80), 256)
  const size = Math.max(128, Math.min(header.readUInt32LE(84), 4096))
  const table = read(entries, count * size)
  const found: Partition[] = []
  for (let i = 0; (i + 1) * size <= table.length; i++) {
    const entry = table.subarray(i * size, (i + 1) * size)
    if (entry.subarray(0, 16).every((byte) => byte === 0)) continue
    const first = Number(entry.readBigUInt64LE(32))
    const last = Number(entry.readBigUInt64LE(40))
    found.push({ number: i + 1, offset: first * SECTOR, bytes: (last - first + 1) * SECTOR })
  }
  return found
}

/** The table of a disk of `sizeBytes`. A disk without one is a single stretch. */
export function readPartitionTable(read: ReadAt, sizeBytes: number): PartitionTable {
  const whole = { number: 0, offset: 0, bytes: sizeBytes }
  const sector = read(0, SECTOR)
  const entries = isBootRecord(sector) ? mbrEntries(sector).filter(({ type }) => type !== 0) : []
  // A file system's boot sector ends with the same mark as a partition table; one that makes no sense is none.
  const isTable = entries.length > 0 && entries.every(({ start, sectors }) => start > 0 && sectors > 0)
  if (!isTable) return { kind: 'none', partitions: [whole], problem: undefined }
  const protective = entries.some(({ type }) => type === 0xee)
  const guids = protective ? gpt(read) : undefined
  if (protective && guids === undefined)
    return { kind: 'gpt', partitions: [], problem: 'the primary GPT header is missing' }
  const partitions =
    guids ??
    entries.flatMap((entry, i) =>
      EXTENDED.includes(entry.type)
        ? logical(read, entry)
        : [{ number: i + 1, offset: entry.start * SECTOR, bytes: entry.sectors * SECTOR }],
    )
  const beyond = partitions.find(({ offset, bytes }) => offset + bytes > sizeBytes)
  const problem = beyond && `partition ${beyond.number} reaches beyond the end of the disk`
  return { kind: guids ? 'gpt' : 'mbr', partitions, problem }
}
