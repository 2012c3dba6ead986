/** The candidate that `word` was most likely meant to be: one that it begins, else one few slips of the fingers away. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64 || word.length < 2) return undefined
  const begun = word.length >= 3 ? candidates.find((candidate) => candidate.startsWith(word)) : undefined
  if (begun !== undefined) return begun
  const [best] = candidates
    .map((candidate) => ({ candidate, slips: slips(word, candidate) }))
    .filter(({ candidate, slips: count }) => count <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.slips - b.slips)
  return best?.candidate
}

/** How many letters were left out, added, mistaken, or swapped with their neighbour. */
function slips(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= a.length; i++) {
    const [above = [], twoAbove = []] = [rows[i - 1], rows[i - 2]]
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const mistaken = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? (twoAbove[j - 2] ?? 0) + 1 : Infinity
      row.push(Math.min(mistaken, swapped, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    rows.push(row)
  }
  return rows[a.length]?.[b.length] ?? 0
}
