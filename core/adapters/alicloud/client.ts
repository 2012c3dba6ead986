import { toFault } from './errors.ts'
import { retrying } from './retry.ts'
import type { RetrySeams } from './retry.ts'
import { loadSdk } from './sdk.ts'
import type { AlicloudConfig, Body, CallSdk, Operation, RequestFields, Timeouts } from './sdk.ts'

/** What the files of this folder call the cloud with. */
export interface Ecs {
  readonly region: string
  /**
   * Calls an operation of ECS, again and again where the trouble is transient; throws a Fault. Every operation that
   * creates must carry a `clientToken`: the reply to a try that had its effect may be lost.
   */
  ask<N extends Operation>(operation: N, fields: RequestFields<N>): Promise<Body<N>>
}

export interface EcsSeams {
  readonly retry?: RetrySeams
  readonly timeouts?: Timeouts
}

const TIMEOUTS: Timeouts = { connectMs: 5_000, readMs: 30_000 }

/** A client of one region. Nothing is loaded or sent before the first call. */
export function connectEcs(config: AlicloudConfig, { retry, timeouts = TIMEOUTS }: EcsSeams = {}): Ecs {
  let loading: Promise<CallSdk> | undefined
  return {
    region: config.region,
    ask: async (operation, fields) => {
      loading ??= loadSdk(config, timeouts)
      const call = await loading
      try {
        return await retrying(() => call(operation, fields), retry)
      } catch (error) {
        throw toFault(error, operation)
      }
    },
  }
}
