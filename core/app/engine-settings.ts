import { randomUUID } from 'node:crypto'
import { RECEIVER_PORT } from '../../agent/protocol/control.ts'
import type { Bundles } from '../adapters/agents/bundles.ts'
import type { Config } from '../config.ts'
import { ConfigProblems } from '../config.ts'
import type { Policy } from '../domain/policy.ts'
import type { CloudSettings, EngineSettings, Timings } from '../engine/parts.ts'
import { TIMINGS } from '../engine/parts.ts'
import type { Store } from '../ports/store.ts'

/** Pieces of work at once: they wait for machines and the cloud most of the time. */
const CONCURRENCY = 20

/** What the policy lacks to make anything in the cloud. */
export function cloudProblems({
  cloud: { zone, vswitch, security_group, base_image },
}: Policy): readonly string[] {
  return Object.entries({ zone, vswitch, security_group, base_image })
    .filter(([, value]) => value === undefined)
    .map(([name]) => `The policy file lacks cloud.${name}: intermediates are made with it.`)
}

function cloudSettings({ cloud }: Policy): CloudSettings {
  const price = cloud.snapshot_price
  return {
    vSwitch: cloud.vswitch ?? '',
    securityGroup: cloud.security_group ?? '',
    instanceTypes: cloud.instance_types,
    baseImage: cloud.base_image ?? '',
    publicAddress: cloud.public_address,
    snapshotPrice: price && { perGibMonth: price.per_gib_month, currency: price.currency },
  }
}

/**
 * What the engine needs to know of this installation; what the policy says of the cloud is the policy's in force.
 * Throws `ConfigProblems` naming all that is missing for it.
 */
export async function engineSettings(
  config: Config,
  parts: {
    readonly store: Pick<Store, 'once'>
    readonly bundles: Bundles
    readonly serverUrl: string
    readonly policy: () => Policy
  },
  makeSecret: () => string,
  timings: Partial<Timings> = {},
): Promise<EngineSettings> {
  const problems = [...cloudProblems(parts.policy())]
  const receiver = parts.bundles.receiverDigest
  if (receiver === undefined)
    problems.push(`The receiver is not built into ${config.bundles}: run \`npm run bundle\`.`)
  if (problems.length > 0 || receiver === undefined) throw new ConfigProblems(problems)
  return {
    serverUrl: parts.serverUrl,
    bundles: { receiver, node: await parts.bundles.nodeDigest() },
    installation: await parts.store.once('installation-id', randomUUID),
    installationSecret: await parts.store.once('installation-secret', makeSecret),
    receiverPort: RECEIVER_PORT,
    get cloud() {
      return cloudSettings(parts.policy())
    },
    timings: { ...TIMINGS, ...timings },
    leaseMs: config.leaseMs,
    concurrency: CONCURRENCY,
  }
}
