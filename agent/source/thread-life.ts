/** What an order waits for of its threads. */
import type { Worker } from 'node:worker_threads'
import type { MachineFault } from '../protocol/control.ts'
import { Fault } from '../protocol/fault.ts'
import type { FoundBlock, FromOrderThread } from './order-messages.ts'

/** The milestones of a thread. `failed` rejects, and never resolves. */
export interface ThreadLife {
  readonly welcomed: Promise<void>
  /** Of the next pass; asked for before that begins. */
  readonly finished: () => Promise<readonly FoundBlock[]>
  readonly sealed: Promise<ReadonlyMap<number, string>>
  readonly failed: Promise<never>
}

const thrown = ({ code, detail }: MachineFault): Fault => new Fault(code as 'INTERNAL', detail)

export function lifeOf(thread: Worker): ThreadLife {
  const failed = new Promise<never>((_, reject) => {
    thread.on('error', (problem) => reject(new Fault('INTERNAL', `a thread ended: ${String(problem)}`)))
    thread.on('message', (message: FromOrderThread) => {
      if (message.kind === 'failed') reject(thrown(message.fault))
    })
  })
  const reached = <K extends 'welcomed' | 'finished' | 'sealed'>(
    kind: K,
  ): Promise<Extract<FromOrderThread, { kind: K }>> =>
    new Promise((resolve, reject) => {
      const heard = (message: FromOrderThread): void => {
        if (message.kind !== kind) return
        thread.off('message', heard)
        resolve(message as Extract<FromOrderThread, { kind: K }>)
      }
      thread.on('message', heard)
      failed.catch(reject)
    })
  const welcomed = reached('welcomed').then(() => undefined)
  const finished = (): Promise<readonly FoundBlock[]> => {
    const end = reached('finished').then(({ found }) => found)
    end.catch(() => undefined)
    return end
  }
  const sealed = reached('sealed').then(({ roots }) => roots)
  // Each is awaited only when it is its turn; a failure before that is seen through `failed`.
  for (const promise of [welcomed, sealed]) promise.catch(() => undefined)
  return { welcomed, finished, sealed, failed }
}
