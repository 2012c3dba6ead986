import { describe, expect, it } from 'vitest'
import { heldCloud } from '../../../core/engine/held-cloud.ts'
import { LeaseLost } from '../../../core/engine/work.ts'
import type { Cloud } from '../../../core/ports/cloud.ts'

describe('the cloud of a process that has lost its lease', () => {
  it('is not called any more', async () => {
    const deleted: string[] = []
    let isHeld = true
    const real = { deleteInstance: async (id: string) => void deleted.push(id) } as unknown as Cloud
    const cloud = heldCloud(real, () => isHeld)

    await cloud.deleteInstance('i-1')
    isHeld = false

    await expect(cloud.deleteInstance('i-2')).rejects.toThrow(LeaseLost)
    expect(deleted).toEqual(['i-1'])
  })
})
