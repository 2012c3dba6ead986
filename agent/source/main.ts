/**
 * The source agent, `ferry-agent`: where the program, its threads and its freezer begin. Each loads no more than it
 * needs: what is loaded costs memory in every thread, and the freezer's start lengthens a sync.
 */
import { isMainThread, workerData } from 'node:worker_threads'

const isTracking = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && 'role' in data && data.role === 'tracking'

const [first, ...rest] = process.argv.slice(2)
if (!isMainThread)
  await (isTracking(workerData) ? import('./tracking/tracking-thread.ts') : import('./order-thread.ts'))
// Started by the agent itself, never by a person.
else if (first === '--freezer') await (await import('./freeze/freezer.ts')).runFreezer(rest)
else (await import('./program.ts')).main()
