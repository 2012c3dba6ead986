/** What things in the cloud cost: by the hour, as pay-as-you-go is paid. */

/** The cloud reckons a month as 30 days. */
const HOURS_A_MONTH = 720

export interface Cost {
  readonly perHour: number
  readonly currency: string
}

/** A snapshot's price by its month's price per GiB. */
export function snapshotCost(sizeGiB: number, price: { perGibMonth: number; currency: string }): Cost {
  const perHour = (sizeGiB * price.perGibMonth) / HOURS_A_MONTH
  return { perHour: Math.round(perHour * 1e6) / 1e6, currency: price.currency }
}

/** One sum per currency; an account has one currency, but a policy file may name another for snapshots. */
export function sumOf(costs: readonly Cost[]): readonly Cost[] {
  const sums = new Map<string, number>()
  for (const { currency, perHour } of costs) sums.set(currency, (sums.get(currency) ?? 0) + perHour)
  return [...sums].map(([currency, perHour]) => ({ currency, perHour }))
}

/** `CNY 0.2142`: four decimals, since a snapshot costs less than a cent an hour. */
export function formatCost({ perHour, currency }: Cost): string {
  return `${currency} ${perHour.toFixed(4)}`
}

/** `CNY 0.2142 an hour (CNY 154.22 a month)`, of several currencies one after the other. */
export function formatSum(costs: readonly Cost[]): string {
  const sums = sumOf(costs).map(
    (sum) =>
      `${formatCost(sum)} an hour (${sum.currency} ${(sum.perHour * HOURS_A_MONTH).toFixed(2)} a month)`,
  )
  return sums.length === 0 ? 'nothing' : sums.join(' and ')
}

interface Priced {
  readonly price: { readonly perHour: number | null; readonly currency: string | null } | null
}

/** The known ones among the prices of resources, and how many are not known. */
export function knownCosts(resources: readonly Priced[]): {
  readonly costs: readonly Cost[]
  readonly unknown: number
} {
  const costs = resources.flatMap(({ price }) =>
    price?.perHour == null || price.currency === null
      ? []
      : [{ perHour: price.perHour, currency: price.currency }],
  )
  // What costs nothing by itself has no currency.
  return { costs, unknown: resources.filter(({ price }) => price?.perHour == null).length }
}

/** A sum for a sentence: `CNY 0.21 an hour (…)`, with what is not known said; undefined when nothing is known. */
export function costWords(resources: readonly Priced[]): string | undefined {
  const { costs, unknown } = knownCosts(resources)
  if (costs.length === 0) return undefined
  return `${formatSum(costs)}${unknown === 0 ? '' : `, and ${unknown} more at a price not known`}`
}
