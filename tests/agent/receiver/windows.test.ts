import { describe, expect, it } from 'vitest'
import type { DiskStore } from '../../../agent/receiver/disk-store.ts'
import { Windows, type WindowBatch } from '../../../agent/receiver/windows.ts'

const batch: WindowBatch = {
  session: 1,
  batch: { sequence: 1, disk: 0, entries: [], raw: Buffer.alloc(0), isUnpacked: false },
  slot: undefined,
  isAligned: false,
}

describe('a seal that fails', () => {
  it('is a fault of the disk, and nothing is written before the rows are durable again', async () => {
    const calls: string[] = []
    const store = {
      seal: () => {
        throw Object.assign(new Error('the disk says no'), { code: 'EIO' })
      },
      compact: () => calls.push('compact'),
    } as unknown as DiskStore
    const windows = new Windows(new Map([[0, store]]), {
      durable: () => calls.push('durable'),
      dropped: () => calls.push('dropped'),
      failed: () => calls.push('failed'),
    })

    await expect(windows.seal()).rejects.toMatchObject({ code: 'RECEIVER_IO' })
    windows.add(batch)
    await windows.recover()

    expect(calls).toEqual(['dropped', 'compact'])
  })
})
