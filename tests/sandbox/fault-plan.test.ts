import { describe, expect, it } from 'vitest'
import { FaultPlan, readFaultRule } from '../../sandbox/ecs/faults.ts'

describe('a plan of faults', () => {
  it('meets the next call of its action once, unless it says otherwise', () => {
    const plan = new FaultPlan()
    plan.add({ action: 'CreateImage', kind: 'reset' })

    expect(plan.meet('CreateDisk')).toBeUndefined()
    expect(plan.meet('CreateImage')?.kind).toBe('reset')
    expect(plan.meet('CreateImage')).toBeUndefined()
  })

  it('meets the nth call and as many as it says', () => {
    const plan = new FaultPlan()
    plan.add({ action: '*', kind: 'throttle', nth: 2, times: 2 })

    const met = ['A', 'B', 'C', 'D'].map((action) => plan.meet(action)?.kind)

    expect(met).toEqual([undefined, 'throttle', 'throttle', undefined])
  })

  it('forgets its rules when it is cleared', () => {
    const plan = new FaultPlan()
    plan.add({ action: 'A', kind: 'reset' })

    plan.clear()

    expect(plan.meet('A')).toBeUndefined()
  })

  it.each([
    null,
    {},
    { action: 'A' },
    { action: 'A', kind: 'boom' },
    { action: 'A', kind: 'hang', delayMs: 'x' },
  ])('refuses the rule %j', (rule) => {
    expect(() => readFaultRule(rule)).toThrow()
  })
})
