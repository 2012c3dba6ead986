/** Bandwidth as networks name it: one whole number and `kbit`, `mbit` or `gbit` (powers of ten, per second). */
const BITS = { kbit: 1e3, mbit: 1e6, gbit: 1e9 } as const

/** Less would not move a batch of blocks within the time after which a sync counts as standing still. */
const LEAST_BYTES = 8000

/** `200mbit` → bytes per second; undefined when it is no rate, or less than 64kbit. */
export function parseRate(text: string): number | undefined {
  const match = /^([0-9]{1,6})(kbit|mbit|gbit)$/.exec(text)
  if (match === null) return undefined
  const bytes = (Number(match[1]) * BITS[match[2] as keyof typeof BITS]) / 8
  return bytes < LEAST_BYTES ? undefined : bytes
}

/** Bytes per second → `200mbit`, the unit in which it is a short number. */
export function formatBitRate(bytesPerSecond: number): string {
  const bits = bytesPerSecond * 8
  const unit = bits >= 1e9 && bits % 1e9 === 0 ? 'gbit' : bits >= 1e6 ? 'mbit' : 'kbit'
  return `${Number((bits / BITS[unit]).toFixed(1))}${unit}`
}
