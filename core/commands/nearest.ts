/** The candidate that differs from `word` by the fewest edits, if they are few enough to be a slip of the fingers. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64) return undefined
  const scored = candidates
    .map((candidate) => ({ candidate, edits: edits(word, candidate) }))
    .sort((a, b) => a.edits - b.edits)
  const best = scored[0]
  if (best === undefined) return undefined
  const isPrefix = word.length >= 3 && best.candidate.startsWith(word)
  return best.edits <= Math.max(1, Math.floor(best.candidate.length / 3)) || isPrefix
    ? best.candidate
    : undefined
}

/** Levenshtein's distance. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
