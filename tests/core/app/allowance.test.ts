import { describe, expect, it } from 'vitest'
import { createAllowance } from '../../../core/app/allowance.ts'
import { fakeClock } from '../../support/fake-clock.ts'

describe('what a door takes', () => {
  it('is so much a minute, a tenth of it at once', () => {
    const clock = fakeClock()
    const allowance = createAllowance(clock, 50)
    expect(allowance.left()).toBe(5)
    for (let count = 0; count < 5; count++) allowance.take()
    expect(allowance.left()).toBe(0)
    allowance.giveBack()
    expect(allowance.left()).toBe(1)
    allowance.take()
    clock.advance(1200)
    expect(allowance.left()).toBe(1)
    clock.advance(3_600_000)
    expect(allowance.left()).toBe(5)
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
