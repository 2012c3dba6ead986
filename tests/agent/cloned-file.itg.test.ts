import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { fileSystemKinds, LoopDisk, loopObstacle } from '../support/loop-disk.ts'
import { MIB, Stage } from '../support/machines.ts'

const SIZE = 16 * MIB
const PAGE = 4096
const PAGES = SIZE / PAGE

const open: { close: () => unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

/** Writes numbered pages, round and round the file, until the test ends; returns the number of the last one. */
function writing(path: string): () => number {
  const fd = openSync(path, 'r+')
  const page = Buffer.alloc(PAGE, 'x')
  let number = 0
  const write = (pages: number): void => {
    for (let i = 0; i < pages; i++) {
      page.writeUInt32LE(++number, 0)
      writeSync(fd, page, 0, PAGE, (number % PAGES) * PAGE)
    }
  }
  write(PAGES)
  const timer = setInterval(() => write(40), 2)
  open.push({
    close: () => {
      clearInterval(timer)
      closeSync(fd)
    },
  })
  return () => number
}

/** The number of the last page that a copy holds, with what makes it no moment of the file: pages of another time. */
function momentOf(image: string): { readonly last: number; readonly others: number } {
  const bytes = readFileSync(image)
  const numbers = Array.from({ length: PAGES }, (_, page) => bytes.readUInt32LE(page * PAGE))
  const last = Math.max(...numbers)
  const others = numbers.filter((number, page) => number !== last - ((last - page) % PAGES)).length
  return { last, others }
}

async function synced(path: string, holdMs: number | null) {
  const stage = await Stage.open({ disks: [SIZE], sources: [path] })
  open.push(stage)
  await stage.receiver()
  await stage.agent()
  const report = await stage.sync({ holdMs, bytesPerSecond: 12 * MIB })
  return { report, moment: momentOf(stage.target()) }
}

const reflinking = fileSystemKinds().filter((kind) => kind !== 'ext4')

describe.skipIf(loopObstacle() !== undefined)('S9: an image of a raw file that is written to', () => {
  it.each(reflinking)('is the file at one moment on %s, and nothing is left of the copy', async (kind) => {
    const disk = new LoopDisk(320 * MIB)
    open.push(disk)
    disk.make(kind)
    disk.mount()
    const path = join(disk.mountPoint, 'disk.img')
    closeSync(openSync(path, 'w'))
    const last = writing(path)
    const before = last()

    const { report, moment } = await synced(path, 2000)

    expect(report).toMatchObject({ status: 'done', instant: { kind: 'consistent' } })
    expect(moment.others).toBe(0)
    expect(moment.last).toBeGreaterThanOrEqual(before)
    expect(moment.last).toBeLessThan(last())
    expect(readdirSync(disk.mountPoint)).toEqual(['disk.img'])
  })

  it('is fuzzy, and says so, where the file system makes no such copies or none is wanted', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ferry-raw-'))
    open.push({ close: () => rmSync(directory, { recursive: true }) })
    const path = join(directory, 'disk.img')
    closeSync(openSync(path, 'w'))
    writing(path)

    const { report, moment } = await synced(path, null)

    expect(report).toMatchObject({ status: 'done', instant: { kind: 'fuzzy' } })
    // What the others are told from.
    expect(moment.others).toBeGreaterThan(0)
  })
})
