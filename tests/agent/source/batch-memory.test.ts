import { describe, expect, it } from 'vitest'
import { BATCH_BUFFER_BYTES } from '../../../agent/source/batch-builder.ts'
import { BatchMemory } from '../../../agent/source/batch-memory.ts'

describe('the memory of batches', () => {
  it('gives the same buffers again, and makes new ones only when all are in use', () => {
    const memory = new BatchMemory()
    memory.warm(2)
    const first = [memory.take(), memory.take()]
    const third = memory.take()

    for (const buffer of [...first, third]) {
      expect(buffer).toHaveLength(BATCH_BUFFER_BYTES)
      memory.giveBack(buffer)
    }
    const again = [memory.take(), memory.take(), memory.take()]

    expect(new Set([...first, third]).size).toBe(3)
    expect(new Set(again)).toEqual(new Set([...first, third]))
  })
})
