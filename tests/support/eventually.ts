import { patience } from './real-time.ts'

/** Looks every few milliseconds until there is something to see; throws with what it waited for when it takes too long. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  forMs = 20_000,
): Promise<T> {
  const end = performance.now() + patience(forMs)
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > end) throw new Error(`Waited for ${what} for ${patience(forMs) / 1000} s.`)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}
