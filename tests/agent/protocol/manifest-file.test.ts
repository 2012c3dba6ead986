import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../../agent/protocol/digest.ts'
import {
  encodeRecord,
  journalHeader,
  replayJournal,
  type JournalRecord,
} from '../../../agent/protocol/journal.ts'
import {
  groupDigests,
  MANIFEST_HEADER_BYTES,
  openManifest,
  sealManifest,
  type ManifestSubject,
} from '../../../agent/protocol/manifest-file.ts'

const SUBJECT: ManifestSubject = { identity: 'serial 1', sizeBytes: 9 * 65_536 + 5 }

let directory: string
let path: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ferry-manifest-'))
  path = join(directory, 'disk-0.manifest')
})
afterEach(() => rmSync(directory, { recursive: true }))

function writeManifest(generation = 4): string {
  const rows = Buffer.concat(Array.from({ length: 10 }, (_, i) => Buffer.from(digestOf(Buffer.from([i])))))
  writeFileSync(`${path}.next`, Buffer.concat([Buffer.alloc(MANIFEST_HEADER_BYTES), rows]))
  const fd = openSync(`${path}.next`, 'r')
  const groups = groupDigests(fd, SUBJECT.sizeBytes, MANIFEST_HEADER_BYTES)
  closeSync(fd)
  return sealManifest(path, SUBJECT, { generation, groups }, () => undefined)
}

/** The reason why the file is refused; undefined when it is believed. */
function problem(subject: ManifestSubject = SUBJECT): string | undefined {
  const opened = openManifest(path, subject)
  if ('problem' in opened) return opened.problem
  closeSync(opened.fd)
  return undefined
}

describe('a manifest file', () => {
  it('is read back with its generation and root', () => {
    const root = writeManifest(4)

    const opened = openManifest(path, SUBJECT)

    expect(opened).toMatchObject({ generation: 4, root })
    if ('fd' in opened) closeSync(opened.fd)
  })

  it('is refused when it is cut off at any byte', () => {
    writeManifest()
    const whole = readFileSync(path)

    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length))
      expect(problem(), `${length} bytes`).toBeDefined()
    }
  })

  it('is refused when any byte is altered', () => {
    writeManifest()
    const whole = readFileSync(path)

    for (let at = 0; at < whole.length; at++) {
      const altered = Buffer.from(whole)
      altered.writeUInt8(altered.readUInt8(at) ^ (1 << (at % 8)), at)
      writeFileSync(path, altered)
      expect(problem(), `byte ${at}`).toBeDefined()
    }
  })

  it('is refused for another disk, with the reason', () => {
    writeManifest()

    expect(problem({ ...SUBJECT, identity: 'serial 2' })).toBe('it is of another disk')
  })

  it('is refused for a disk of another size, with the reason', () => {
    writeManifest()

    expect(problem({ ...SUBJECT, sizeBytes: SUBJECT.sizeBytes + 512 })).toBe(
      'it is of a disk of another size',
    )
  })

  it('is refused when a later program wrote it, with the reason', () => {
    writeManifest()
    const fd = openSync(path, 'r+')
    writeSync(fd, Buffer.from([2]), 0, 1, 8)
    closeSync(fd)

    expect(problem()).toBe('it is of version 2, this program reads 1')
  })

  it('is refused when it is longer than its disk', () => {
    writeManifest()
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(32)]))

    expect(problem()).toBe('it is cut off or too long')
  })

  it('is missed, not feared, when there is none', () => {
    expect(problem()).toBe('there is none')
  })
})

const RECORDS: readonly JournalRecord[] = [
  { known: [], doubtful: [1, 2, 3] },
  { known: [1, 2, 3].map((block) => ({ block, digest: digestOf(Buffer.from([block])) })), doubtful: [7] },
  { known: [{ block: 7, digest: digestOf(Buffer.from([7])) }], doubtful: [] },
]
const JOURNAL = { identity: 'serial 1', generation: 4 }
const HEADER = journalHeader(JOURNAL.identity, JOURNAL.generation)
const ENDS = RECORDS.reduce<number[]>(
  (ends, record, i) => [...ends, (ends.at(-1) ?? 0) + encodeRecord(record, i).length],
  [HEADER.length],
)
const WHOLE = Buffer.concat([HEADER, ...RECORDS.map(encodeRecord)])

function replay(bytes: Buffer, subject = JOURNAL): { records: number } | { problem: string } {
  writeFileSync(path, bytes)
  let records = 0
  const result = replayJournal(path, subject, () => records++)
  return 'problem' in result ? result : { records }
}

describe('a journal', () => {
  it('gives its records back in order', () => {
    writeFileSync(path, WHOLE)
    const seen: unknown[] = []

    const result = replayJournal(path, JOURNAL, ({ known, doubtful }) =>
      seen.push({ known: known.map(({ block }) => block), doubtful }),
    )

    expect(result).toEqual({ records: 3, tornBytes: 0 })
    expect(seen).toEqual([
      { known: [], doubtful: [1, 2, 3] },
      { known: [1, 2, 3], doubtful: [7] },
      { known: [7], doubtful: [] },
    ])
  })

  it('gives the whole records back when it is cut off at any byte', () => {
    for (let length = 0; length < WHOLE.length; length++) {
      const complete = ENDS.filter((end) => end <= length).length - 1
      const expected = complete < 0 ? { problem: expect.any(String) as string } : { records: complete }
      expect(replay(WHOLE.subarray(0, length)), `${length} bytes`).toEqual(expected)
    }
  })

  it('is refused as a whole when any byte is altered', () => {
    for (let at = 0; at < WHOLE.length; at++) {
      const altered = Buffer.from(WHOLE)
      altered.writeUInt8(altered.readUInt8(at) ^ (1 << (at % 8)), at)
      expect(replay(altered), `byte ${at}`).toHaveProperty('problem')
    }
  })

  it.each([
    ['disk', { ...JOURNAL, identity: 'serial 2' }],
    ['generation', { ...JOURNAL, generation: 5 }],
  ])('is refused for another %s', (_, subject) => {
    expect(replay(WHOLE, subject)).toHaveProperty('problem')
  })

  it('is refused when a record is missing in the middle', () => {
    const gap = Buffer.concat([WHOLE.subarray(0, ENDS[1]), WHOLE.subarray(ENDS[2])])

    expect(replay(gap)).toHaveProperty('problem')
  })
})
