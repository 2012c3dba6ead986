import type { Cloud } from '../ports/cloud.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../ports/store.ts'

/** Where and of what things are made in the cloud. */
export interface CloudSettings {
  readonly vSwitch: string
  readonly securityGroup: string
  /** Tried in order when one is sold out. */
  readonly instanceTypes: readonly string[]
  /** The public Linux image that the intermediate runs. */
  readonly baseImage: string
  readonly publicAddress: boolean
  /** What a GiB of snapshot costs a month: the cloud has no call that tells. Undefined when the policy names none. */
  readonly snapshotPrice: { readonly perGibMonth: number; readonly currency: string } | undefined
}

/** How long the engine waits and looks, in milliseconds. */
export interface Timings {
  /** Between two looks at the database. */
  readonly lookMs: number
  /** Between two looks at the cloud. */
  readonly cloudLookMs: number
  /** An agent silent for this long is offline. */
  readonly agentSilenceMs: number
  /** A receiver silent for this long is restarted when the job is taken up again. */
  readonly receiverSilenceMs: number
  /** A receiver that lives is heard of at least once in this time. */
  readonly receiverBeatMs: number
  /** From a started instance to its receiver's first word. */
  readonly receiverStartMs: number
  /** No byte moved for this long: the sync has stopped moving. */
  readonly stalledMs: number
  /** Between the two reads that must both miss an instance before it counts as released. */
  readonly lostConfirmMs: number
  /** From a started test instance to the Cloud Assistant's first answer. */
  readonly bootMs: number
  /** For one check in a booted test instance. */
  readonly checkMs: number
  /** For reading all disks of an image. */
  readonly inspectMs: number
  /** Between two looks for syncs that are due. */
  readonly dueTickMs: number
  /** Between two clean-ups: what was asked to go, what an ended job left, what `keep` says. */
  readonly cleanUpTickMs: number
  /** Between two comparisons of the ledger with the cloud's inventory. */
  readonly reconcileTickMs: number
  /** How long after its release a thing may still be on its way out. */
  readonly leavingMs: number
  /** How long the cloud's lists may lag behind what it has just made. */
  readonly settlingMs: number
}

export const TIMINGS: Timings = {
  lookMs: 500,
  cloudLookMs: 3000,
  agentSilenceMs: 45_000,
  receiverSilenceMs: 20_000,
  receiverBeatMs: 7000,
  receiverStartMs: 600_000,
  stalledMs: 300_000,
  lostConfirmMs: 30_000,
  bootMs: 600_000,
  checkMs: 180_000,
  inspectMs: 6 * 3_600_000,
  dueTickMs: 5000,
  cleanUpTickMs: 30_000,
  reconcileTickMs: 120_000,
  leavingMs: 300_000,
  settlingMs: 120_000,
}

export interface EngineSettings {
  /** Base URL of the bot as the intermediate reaches it. */
  readonly serverUrl: string
  /** SHA-256 (hex) of the bundles that this bot serves to intermediates. */
  readonly bundles: { readonly receiver: string; readonly node: string }
  /** Names this installation in the tags of what it makes; no secret. */
  readonly installation: string
  /** The installation's own secret, from which one-time tokens are derived. */
  readonly installationSecret: string
  readonly receiverPort: number
  readonly cloud: CloudSettings
  readonly timings: Timings
  readonly leaseMs: number
  /** Pieces of work that one process carries out at once. */
  readonly concurrency: number
}

/** Everything that the engine's processes reach for. */
export interface Parts {
  readonly store: Store
  readonly cloud: Cloud
  readonly clock: Clock
  /** 0 up to, not including, 1. */
  readonly random: () => number
  readonly log: Log
  readonly settings: EngineSettings
}
