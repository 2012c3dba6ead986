import { describe, expect, it } from 'vitest'
import { createAllowance } from '../../../core/app/allowance.ts'
import { fakeClock } from '../../support/fake-clock.ts'

describe('what a door takes', () => {
  it('is so much in any minute, a quarter of it at once', () => {
    const clock = fakeClock()
    const allowance = createAllowance(clock, 60)
    const takeAll = (): number => {
      let taken = 0
      for (; allowance.left() >= 1; taken++) allowance.take()
      return taken
    }
    let inMinute = takeAll()
    expect(inMinute).toBe(15)
    allowance.giveBack()
    expect(takeAll()).toBe(1)
    for (let second = 1; second < 60; second++) {
      clock.advance(1000)
      inMinute += takeAll()
    }
    expect(inMinute).toBeGreaterThan(55)
    expect(inMinute).toBeLessThanOrEqual(60)
    clock.advance(3_600_000)
    expect(takeAll()).toBe(15)
  })

  it('is nothing while the door wants to be left alone', () => {
    const clock = fakeClock()
    const allowance = createAllowance(clock, undefined)
    expect(allowance.left()).toBe(Infinity)
    allowance.pause(30_000)
    clock.advance(29_999)
    expect(allowance.left()).toBe(0)
    clock.advance(1)
    expect(allowance.left()).toBe(Infinity)
  })
})
