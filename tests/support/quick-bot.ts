/**
 * The bot's own program with less patience: the sandbox of the tests answers at once and boots nothing, unless
 * `QUICK_BOT_BOOT_MS` says that something boots.
 */
import type { Timings } from '../../core/engine/parts.ts'
import { TIMINGS } from '../../core/engine/parts.ts'

const bootMs = Number(process.env['QUICK_BOT_BOOT_MS'] ?? 300)
Object.assign(TIMINGS, { lookMs: 100, cloudLookMs: 100, bootMs } satisfies Partial<Timings>)

await import('../../bot/main.ts')
