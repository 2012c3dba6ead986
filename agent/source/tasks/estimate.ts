/**
 * Compares the disks with what was last synced and sends nothing: what would a sync have to send now? Like a sync it
 * reads only what was written where that is known, and what is known stays as it is for the sync.
 */
import type { EstimateResult } from '../../protocol/tasks.ts'
import { Fault } from '../../protocol/fault.ts'
import { pause } from '../../protocol/bot-client.ts'
import { rootOf } from '../../protocol/geometry.ts'
import { readCached } from '../cached-manifest.ts'
import { Order } from '../order.ts'
import type { TaskKindOf } from './kind.ts'

/** How often progress is told, in milliseconds. */
const TELL_MS = 500
const MIB = 1024 ** 2
/** As many threads as a sync has by default, so that it compares as fast. */
const THREADS = 2

export const estimate: TaskKindOf<'estimate'> = {
  isAlone: true,
  run: async ({ id, params, signal, tell }, place) => {
    const disks = params.disks.map(({ root, ...disk }) => {
      const cached = readCached(place.manifestPath(disk.index), disk)
      return { ...disk, isKnown: cached !== undefined && rootOf(disk.sizeBytes, cached.groups) === root }
    })
    const order = new Order(
      {
        kind: 'estimate',
        sync: id,
        epoch: 0,
        ticket: '',
        receiver: null,
        disks,
        connections: THREADS,
        holdMs: null,
        compression: 'off',
        bytesPerSecond: null,
      },
      place,
    )
    const begin = performance.now()
    const over = new AbortController()
    const telling = tellWhile(order, over.signal, tell)
    const stop = (): void => order.stop()
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    const last = await order.run()
    signal.removeEventListener('abort', stop)
    over.abort()
    await telling
    if (last.fault !== undefined) throw new Fault(last.fault.code as 'INTERNAL', last.fault.detail)
    return {
      disks: disks.map(({ index, sizeBytes, isKnown }, i) => ({
        ...{ index, totalBytes: sizeBytes, isKnown },
        comparedBytes: last.disks[i]?.comparedBytes ?? 0,
        changedBytes: last.disks[i]?.changedBytes ?? 0,
      })),
      comparison: last.comparison,
      comparingMs: Math.round(performance.now() - begin),
    } satisfies EstimateResult
  },
}

async function tellWhile(
  order: Order,
  over: AbortSignal,
  tell: (note: string, doneBytes: number, totalBytes: number) => void,
): Promise<void> {
  const now = (): void => {
    const { disks } = order.report()
    const sum = (field: 'comparedBytes' | 'changedBytes' | 'totalBytes'): number =>
      disks.reduce((total, disk) => total + disk[field], 0)
    const changed = (sum('changedBytes') / MIB).toFixed(1)
    tell(`${changed} MiB changed so far`, sum('comparedBytes'), sum('totalBytes'))
  }
  while (!over.aborted) {
    now()
    await pause(TELL_MS, over)
  }
  now()
}
