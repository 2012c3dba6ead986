/** Figures in words. */

const MIB = 1024 * 1024

/** `12 MiB`, `0.3 MiB`. */
export const formatMib = (bytes: number): string =>
  `${bytes < 10 * MIB ? (bytes / MIB).toFixed(1) : Math.round(bytes / MIB)} MiB`
