import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { MIB, Stage } from '../support/machines.ts'

const PAGE = 4096
const BLOCK = 65_536

const open: Stage[] = []
afterEach(async () => {
  for (const stage of open.splice(0)) await stage.close()
})

function put(path: string, offset: number, bytes: Buffer): void {
  const fd = openSync(path, 'r+')
  writeSync(fd, bytes, 0, bytes.length, offset)
  closeSync(fd)
}

const isSame = (a: string, b: string): boolean => {
  execFileSync('cmp', [a, b])
  return true
}

/** A pair whose disk of 4 MiB is synced, after the first pages of blocks 0 to 15 have changed once. */
async function changedOnce(): Promise<Stage> {
  const stage = await Stage.open({ disks: [4 * MIB] })
  open.push(stage)
  await stage.receiver()
  await stage.agent()
  put(stage.source(), 0, randomBytes(4 * MIB))
  await stage.sync()
  for (let block = 0; block < 16; block++) put(stage.source(), block * BLOCK, randomBytes(PAGE))
  const first = await stage.sync({ sync: 'sync-2' })
  expect(first.wireBytes).toBeGreaterThan(16 * BLOCK)
  return stage
}

describe('a block that changes for the second time', () => {
  it('costs the 4 KiB pages that were written, not the block', async () => {
    const stage = await changedOnce()
    for (let block = 0; block < 16; block++) {
      put(stage.source(), block * BLOCK + PAGE, randomBytes(PAGE))
      put(stage.source(), block * BLOCK + 9 * PAGE + 100, randomBytes(PAGE))
    }

    const report = await stage.sync({ sync: 'sync-3' })

    expect(report).toMatchObject({ status: 'done' })
    expect(report.disks[0]).toMatchObject({ changedBytes: 16 * BLOCK, appliedBytes: 16 * BLOCK })
    expect(report.wireBytes).toBeLessThan(16 * 3 * PAGE * 1.1)
    expect(isSame(stage.source(), stage.target())).toBe(true)
  })

  it('goes whole when most of it was written', async () => {
    const stage = await changedOnce()
    put(stage.source(), 0, randomBytes(BLOCK))

    const report = await stage.sync({ sync: 'sync-3' })

    expect(report).toMatchObject({ status: 'done' })
    expect(isSame(stage.source(), stage.target())).toBe(true)
  })

  it('is sent whole after all when what lies at the receiver is not what its pages rest on', async () => {
    const stage = await changedOnce()
    put(stage.target(), 3 * BLOCK + 5 * PAGE, randomBytes(PAGE))
    for (let block = 0; block < 16; block++) put(stage.source(), block * BLOCK, randomBytes(PAGE))

    const report = await stage.sync({ sync: 'sync-3' })

    expect(report).toMatchObject({ status: 'done' })
    expect(report.disks[0]).toMatchObject({ comparedBytes: 4 * MIB })
    expect(report.wireBytes).toBeGreaterThan(16 * PAGE + BLOCK)
    expect(report.wireBytes).toBeLessThan(16 * PAGE + 2 * BLOCK)
    expect(isSame(stage.source(), stage.target())).toBe(true)
  })
})
