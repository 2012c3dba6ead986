import { resolve } from 'node:path'
import { findQemu } from './emulator/qemu.ts'
import { vSwitchOf } from './places.ts'

/** How a sandbox is to be. Only `home` must be given. */
export interface SandboxOptions {
  /** The folder of everything it keeps. One sandbox at a time per home. */
  readonly home: string
  /** A loopback address; 127.0.0.1 by default. */
  readonly host?: string
  /** 0, the default, takes a free one. */
  readonly port?: number
  readonly region?: string
  readonly zones?: readonly string[]
  readonly accessKeys?: readonly AccessKey[]
  /** Multiplies every delay of the cloud: 1 by default (50 to 300 ms each), 0 for none. */
  readonly speed?: number
  readonly quotas?: Partial<Quotas>
  /** Instance types out of stock: `ecs.c7.large`, or `cn-hangzhou-h/ecs.c7.large` for one zone. */
  readonly soldOut?: readonly string[]
  /** Whether an image's system disk may come from a data disk's snapshot; true by default. */
  readonly whitelistDataDiskImages?: boolean
  /** vSwitches known besides the one of each zone. */
  readonly vSwitches?: readonly string[]
  /** What everything that runs in a machine finds in its environment besides; nothing by default. */
  readonly machineEnvironment?: Readonly<Record<string, string>>
  /** The QEMU that boots instances of one's own images; false for none. By default the one that is installed, if any. */
  readonly emulator?: string | false
}

export interface AccessKey {
  readonly id: string
  readonly secret: string
}

interface Quotas {
  readonly instances: number
  readonly images: number
  readonly snapshotsPerDisk: number
}

/** The key pair that is known when no other is given. */
export const SANDBOX_KEY: AccessKey = {
  id: 'LTAI5tSandboxSandbox',
  secret: 'sandbox-secret-for-loopback-only',
}

/** The options with everything decided. */
export type Settings = ReturnType<typeof settingsOf>

export function settingsOf(options: SandboxOptions) {
  const host = options.host ?? '127.0.0.1'
  // It runs what UserData says, as this user: nothing outside this machine may reach it.
  if (!/^127(\.\d{1,3}){3}$/.test(host))
    throw new Error(`The sandbox listens on loopback only, not on ${host}.`)
  const region = options.region ?? 'cn-hangzhou'
  const zones = options.zones ?? [`${region}-h`, `${region}-i`]
  return {
    home: resolve(options.home),
    host,
    port: options.port ?? 0,
    region,
    zones,
    accessKeys: options.accessKeys ?? [SANDBOX_KEY],
    speed: options.speed ?? 1,
    quotas: { instances: 50, images: 100, snapshotsPerDisk: 256, ...options.quotas },
    soldOut: options.soldOut ?? [],
    whitelistDataDiskImages: options.whitelistDataDiskImages ?? true,
    machineEnvironment: options.machineEnvironment ?? {},
    emulator: options.emulator === false ? undefined : (options.emulator ?? findQemu()),
    vSwitches: [...zones.map(vSwitchOf), ...(options.vSwitches ?? [])],
  }
}
