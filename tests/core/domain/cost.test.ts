import { describe, expect, it } from 'vitest'
import { costWords, formatSum, snapshotCost, sumOf } from '../../../core/domain/cost.ts'

const priced = (perHour: number | null, currency: string | null = 'CNY') => ({ price: { perHour, currency } })

describe('what things cost', () => {
  it('is reckoned for a snapshot by its month, which has 720 hours', () => {
    expect(snapshotCost(72, { perGibMonth: 0.5, currency: 'CNY' })).toEqual({
      perHour: 0.05,
      currency: 'CNY',
    })
  })

  it('is summed by currency', () => {
    const costs = [
      { perHour: 1, currency: 'CNY' },
      { perHour: 2, currency: 'USD' },
      { perHour: 0.5, currency: 'CNY' },
    ]

    expect(sumOf(costs)).toEqual([
      { currency: 'CNY', perHour: 1.5 },
      { currency: 'USD', perHour: 2 },
    ])
    expect(formatSum(costs)).toBe(
      'CNY 1.5000 an hour (CNY 1080.00 a month) and USD 2.0000 an hour (USD 1440.00 a month)',
    )
  })

  it('says what is not known, and nothing where nothing is known', () => {
    expect(costWords([priced(0.25), priced(null), { price: null }])).toBe(
      'CNY 0.2500 an hour (CNY 180.00 a month), and 2 more at a price not known',
    )
    expect(costWords([priced(null)])).toBeUndefined()
  })

  it('counts what is free as known', () => {
    expect(costWords([priced(0.25), priced(0, null)])).toBe('CNY 0.2500 an hour (CNY 180.00 a month)')
  })
})
