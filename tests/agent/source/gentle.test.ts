import { describe, expect, it } from 'vitest'
import { restMs } from '../../../agent/source/gentle.ts'

describe('a gentle agent', () => {
  it('rests as long as it worked', () => {
    expect(restMs(12, 0)).toBe(12)
    expect(restMs(12, 0.9)).toBe(12)
  })

  it('rests three times as long while others keep the processors busy', () => {
    expect(restMs(12, 1)).toBe(36)
    expect(restMs(12, 7.5)).toBe(36)
  })
})
