import type { Worker } from 'node:worker_threads'
import Bree from 'bree'
import { InProcessWorker } from './in-process-worker.ts'

/** Work that is looked for again and again. What is due, Postgres says; a tick only asks. */
export interface Tick {
  readonly name: string
  readonly everyMs: number
  /** Must end soon after its signal is aborted. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

interface Ticks {
  /** Starts no more ticks and tells the running ones to end; waits for them, but not for ever. */
  stop(): Promise<void>
}

export interface TickSeams {
  /** From 0 up to, not including, 1. */
  readonly random?: () => number
  /** How long `stop` waits for a tick that does not heed its signal. */
  readonly patienceMs?: number
}

/** Every tick is this much shorter or longer, so that replicas that started together drift apart. */
const JITTER = 0.05
const PATIENCE_MS = 5_000

/**
 * Runs every tick at once and then at its interval, until stopped. A tick that is still running when its time comes
 * again is not started twice: the second is dropped. An error goes to `onError` once, and the next tick still comes.
 */
export async function startTicks(
  ticks: readonly Tick[],
  onError: (error: unknown, tick: string) => void,
  { random = Math.random, patienceMs = PATIENCE_MS }: TickSeams = {},
): Promise<Ticks> {
  const runs = new Map(ticks.map((tick) => [tick.name, tick.run]))
  const jobs = ticks.map(({ name, everyMs }) => ({
    name,
    // Bree wants a file or a function to start; what is started is decided in `createWorker`.
    path: () => undefined,
    // Without it the first tick would come one interval late.
    timeout: 0,
    interval: Math.max(1, Math.round(everyMs * (1 - JITTER + 2 * JITTER * random()))),
  }))
  const bree = new Bree({
    root: false,
    doRootCheck: false,
    logger: false,
    jobs,
    errorHandler: (error, { name }) => onError(error, name),
  })
  bree.createWorker = (_path, options) => {
    const { job } = options.workerData as { job: { name: string } }
    const run = runs.get(job.name)
    if (run === undefined) throw new TypeError(`There is no tick ${job.name}`)
    return new InProcessWorker(run, patienceMs) as unknown as Worker
  }
  for (const { name } of jobs) await bree.start(name)
  return { stop: () => bree.stop() }
}
