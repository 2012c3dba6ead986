import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BatchEntry } from '../../../agent/protocol/batch.ts'
import { digestOf } from '../../../agent/protocol/digest.ts'
import { PageRows } from '../../../agent/source/page-rows.ts'

const BLOCK = 65_536
let directory: string
let path: string
let rows: PageRows

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ferry-pages-'))
  path = join(directory, 'disk-0.pages')
  rows = new PageRows(path)
})
afterEach(() => {
  rows.close()
  rmSync(directory, { recursive: true })
})

const entryOf = (block: number, bytes: Buffer): BatchEntry => ({
  ...{ block, kind: 'data', length: bytes.length },
  digest: digestOf(bytes),
})

/** The block with these pages written anew. */
function written(bytes: Buffer, ...pages: number[]): Buffer {
  const next = Buffer.from(bytes)
  for (const page of pages) next.set(randomBytes(100), page * 4096 + 7)
  return next
}

describe('what is remembered of pages', () => {
  it('tells nothing of a block that has not changed before', () => {
    const bytes = randomBytes(BLOCK)

    expect(rows.narrowed(entryOf(3, bytes), bytes, digestOf(Buffer.alloc(1)))).toEqual(entryOf(3, bytes))
  })

  it('tells the pages that changed since, across a restart', () => {
    const first = randomBytes(BLOCK)
    rows.narrowed(entryOf(3, first), first, digestOf(Buffer.alloc(1)))
    rows.close()
    rows = new PageRows(path)
    const second = written(first, 0, 5, 15)

    expect(rows.narrowed(entryOf(3, second), second, digestOf(first))).toEqual({
      ...entryOf(3, second),
      kind: 'pages',
      pages: 0b1000_0000_0010_0001,
    })
  })

  it('does not speak of another state of the block', () => {
    const first = randomBytes(BLOCK)
    rows.narrowed(entryOf(3, first), first, digestOf(Buffer.alloc(1)))
    const second = written(first, 1)

    expect(rows.narrowed(entryOf(3, second), second, digestOf(randomBytes(9))).kind).toBe('data')
  })

  it('leaves a block whole of which most pages changed, one of zeros, and a disk’s short last one', () => {
    const first = randomBytes(BLOCK)
    rows.narrowed(entryOf(3, first), first, digestOf(Buffer.alloc(1)))
    const second = written(first, ...Array.from({ length: 13 }, (_, page) => page))
    const zero: BatchEntry = { ...entryOf(4, Buffer.alloc(BLOCK)), kind: 'zero' }
    const short = entryOf(5, randomBytes(9000))

    expect(rows.narrowed(entryOf(3, second), second, digestOf(first)).kind).toBe('data')
    expect(rows.narrowed(zero, Buffer.alloc(BLOCK), digestOf(first))).toBe(zero)
    expect(rows.narrowed(short, Buffer.alloc(9000), digestOf(first))).toBe(short)
  })

  it('takes room only for blocks that changed', () => {
    const bytes = randomBytes(BLOCK)
    rows.narrowed(entryOf(10_000_000, bytes), bytes, digestOf(bytes))

    expect(statSync(path).size).toBeGreaterThan(700_000_000)
    expect(statSync(path).blocks * 512).toBeLessThan(100_000)
  })

  it('believes no damaged row', () => {
    const first = randomBytes(BLOCK)
    rows.narrowed(entryOf(0, first), first, digestOf(Buffer.alloc(1)))
    writeFileSync(path, randomBytes(72))
    const second = written(first, 1)

    expect(rows.narrowed(entryOf(0, second), second, digestOf(first)).kind).toBe('data')
  })
})
