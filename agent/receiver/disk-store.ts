/**
 * One disk of the intermediate and the truth about what lies on it.
 *
 * The truth is durable in two files of the home: `disk-N.manifest` (a generation) and `disk-N.<generation>.journal`
 * (what changed since). A third, `disk-N.rows`, holds the rows as they are now; it is scratch, rebuilt at each start,
 * and a file only so that a disk of terabytes needs no memory. Rows change when the journal is durable, not before:
 * what is served from them survives a power cut.
 *
 * Blocks that a crash or an error left in doubt are not read again but called unknown (a row of zeros), so the agent
 * sends them again: at most one window. After a failed fsync the page cache may show bytes that the disk never got,
 * so reading them back would prove nothing.
 */
import {
  closeSync,
  copyFileSync,
  fdatasync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DIGEST_BYTES, digestOf } from '../protocol/digest.ts'
import { syncDirectory, writeAll } from '../protocol/durable.ts'
import { failpoint } from '../protocol/failpoint.ts'
import { blocksOf, GROUP_BLOCKS, groupsOf, rootOf } from '../protocol/geometry.ts'
import { encodeRecord, JOURNAL_HEADER_BYTES, journalHeader, type JournalRecord } from '../protocol/journal.ts'
import {
  MANIFEST_HEADER_BYTES,
  readRows,
  rowOffset,
  sealManifest,
  type ManifestSubject,
} from '../protocol/manifest-file.ts'

const fdatasyncAsync = promisify(fdatasync)
const UNKNOWN = Buffer.alloc(DIGEST_BYTES)

/** A journal below this many bytes, or below a quarter of the rows, stays one when an order ends. */
const SMALL_JOURNAL_BYTES = 1024 * 1024

export interface DiskPlace extends ManifestSubject {
  readonly index: number
  /** The device, open for reading and writing. */
  readonly fd: number
  /** The device past its page cache, where there is such a way. */
  readonly direct: number | undefined
  readonly home: string
}

export const manifestPath = (place: Pick<DiskPlace, 'home' | 'index'>): string =>
  join(place.home, `disk-${place.index}.manifest`)
export const rowsPath = (place: Pick<DiskPlace, 'home' | 'index'>): string =>
  join(place.home, `disk-${place.index}.rows`)
export const journalPath = (place: Pick<DiskPlace, 'home' | 'index'>, generation: number): string =>
  join(place.home, `disk-${place.index}.${generation}.journal`)

/** Changes the rows in a file as a record says: what is known, then what is in doubt. Blocks beyond the disk are left out. */
export function applyRecord(rows: number, sizeBytes: number, record: JournalRecord): void {
  const put = (changes: readonly { readonly block: number; readonly digest: Uint8Array }[]): void => {
    const within = changes.filter(({ block }) => block < blocksOf(sizeBytes))
    for (let from = 0, to = 0; from < within.length; from = to) {
      const first = within[from]?.block ?? 0
      // Blocks mostly follow each other: one write for all that do.
      while (within[to]?.block === first + (to - from)) to++
      const run = Buffer.concat(within.slice(from, to).map(({ digest }) => digest))
      writeAll(rows, run, rowOffset(first))
    }
  }
  put(record.known)
  put(record.doubtful.map((block) => ({ block, digest: UNKNOWN })))
}

/** All methods belong to the disk thread; nothing else touches the files. */
export class DiskStore {
  readonly place: DiskPlace
  generation: number
  private root = ''
  private readonly rows: number
  private journal = -1
  private journalEnd = 0
  private records = 0
  /** Digests of the groups, but for those whose rows have changed since: a large disk's rows are not read for a small sync. */
  private readonly digests: Buffer
  private readonly stale: Set<number>

  /** `rows` is the scratch file, already filled; `generation` the last one on disk, 0 for none. */
  constructor(place: DiskPlace, rows: number, generation: number) {
    this.place = place
    this.rows = rows
    this.generation = generation
    const groups = groupsOf(place.sizeBytes)
    this.digests = Buffer.alloc(groups * DIGEST_BYTES)
    this.stale = new Set(Array.from({ length: groups }, (_, group) => group))
    this.compact()
  }

  /** The digest of a block as durably recorded; zeros when it is unknown. */
  row(block: number): Buffer {
    const row = Buffer.allocUnsafe(DIGEST_BYTES)
    readSync(this.rows, row, 0, DIGEST_BYTES, rowOffset(block))
    return row
  }

  groupRows(group: number): Buffer {
    return readRows(this.rows, this.place.sizeBytes, group, MANIFEST_HEADER_BYTES)
  }

  /** The digests of all groups, concatenated. */
  groups(): Buffer {
    for (const group of this.stale) this.digests.set(digestOf(this.groupRows(group)), group * DIGEST_BYTES)
    this.stale.clear()
    return Buffer.from(this.digests)
  }

  /** Appends one record and makes it durable, then takes it over into the rows. A failure is not retried: `compact` starts over. */
  async record(record: JournalRecord): Promise<void> {
    const bytes = encodeRecord(record, this.records)
    failpoint('receiver:journal-append:before')
    writeAll(this.journal, bytes, this.journalEnd)
    failpoint('receiver:journal-append:after')
    this.journalEnd += bytes.length
    this.records++
    failpoint('receiver:journal-fsync:before')
    await fdatasyncAsync(this.journal)
    failpoint('receiver:journal-fsync:after')
    this.apply(record)
  }

  /** Makes what was written to the device durable. */
  async sync(): Promise<void> {
    failpoint('receiver:disk-fsync:before')
    await fdatasyncAsync(this.place.fd)
    failpoint('receiver:disk-fsync:after')
  }

  /** Calls blocks unknown without a record; `compact` then makes it durable. */
  forget(blocks: readonly number[]): void {
    this.apply({ known: [], doubtful: blocks })
  }

  /**
   * Writes the rows as the next generation and begins an empty journal. The journal comes first: once the manifest
   * is in place its journal must exist, so a missing one means damage, not "nothing happened". Returns the root.
   */
  compact(): string {
    const path = manifestPath(this.place)
    const generation = this.generation + 1
    const journal = openSync(journalPath(this.place, generation), 'w+', 0o600)
    writeAll(journal, journalHeader(this.place.identity, generation), 0)
    fsyncSync(journal)
    syncDirectory(this.place.home)
    failpoint('receiver:journal-new:after')
    copyFileSync(rowsPath(this.place), `${path}.next`)
    this.root = sealManifest(path, this.place, { generation, groups: this.groups() }, (at) =>
      failpoint(`receiver:manifest-${at}`),
    )
    if (this.journal !== -1) closeSync(this.journal)
    this.journal = journal
    this.journalEnd = JOURNAL_HEADER_BYTES
    this.records = 0
    this.generation = generation
    this.dropOldJournals()
    return this.root
  }

  /**
   * The root of what is durable. Repeatable. Manifest and journal together are that; a new generation is made only when
   * the journal has grown, so that the end of a small sync of a large disk costs little.
   */
  seal(): string {
    if (this.journalEnd > Math.max(SMALL_JOURNAL_BYTES, (blocksOf(this.place.sizeBytes) * DIGEST_BYTES) / 4))
      return this.compact()
    if (this.records > 0) this.root = rootOf(this.place.sizeBytes, this.groups())
    return this.root
  }

  private apply(record: JournalRecord): void {
    applyRecord(this.rows, this.place.sizeBytes, record)
    for (const { block } of record.known) this.stale.add(Math.floor(block / GROUP_BLOCKS))
    for (const block of record.doubtful) this.stale.add(Math.floor(block / GROUP_BLOCKS))
  }

  private dropOldJournals(): void {
    const mine = journalPath(this.place, this.generation)
    for (const name of readdirSync(this.place.home)) {
      const path = join(this.place.home, name)
      if (name.startsWith(`disk-${this.place.index}.`) && name.endsWith('.journal') && path !== mine)
        rmSync(path)
    }
  }
}
