import { resolve } from 'node:path'

/** The folder of Ferry itself, wherever it was started from. */
export const ROOT = resolve(import.meta.dirname, '..', '..')
