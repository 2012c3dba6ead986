/** The bot's own program with less patience: the sandbox of the tests answers at once and boots nothing. */
import type { Timings } from '../../core/engine/parts.ts'
import { TIMINGS } from '../../core/engine/parts.ts'

Object.assign(TIMINGS, { lookMs: 100, cloudLookMs: 100, bootMs: 300 } satisfies Partial<Timings>)

await import('../../bot/main.ts')
