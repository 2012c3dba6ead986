import { randomUUID } from 'node:crypto'
import { RECEIVER_PORT } from '../../agent/protocol/control.ts'
import type { Bundles } from '../adapters/agents/bundles.ts'
import type { Config } from '../config.ts'
import { ConfigProblems } from '../config.ts'
import type { EngineSettings, Timings } from '../engine/parts.ts'
import { TIMINGS } from '../engine/parts.ts'
import type { Store } from '../ports/store.ts'

/** Pieces of work at once: they wait for machines and the cloud most of the time. */
const CONCURRENCY = 20

/** What the engine needs to know of this installation. Throws `ConfigProblems` naming all that is missing for it. */
export async function engineSettings(
  config: Config,
  parts: { readonly store: Pick<Store, 'once'>; readonly bundles: Bundles; readonly serverUrl: string },
  makeSecret: () => string,
  timings: Partial<Timings> = {},
): Promise<EngineSettings> {
  const { vswitch, security_group, base_image, zone, snapshot_price: snapshotPrice } = config.policy.cloud
  const problems = Object.entries({ zone, vswitch, security_group, base_image })
    .filter(([, value]) => value === undefined)
    .map(([name]) => `The policy file lacks cloud.${name}: intermediates are made with it.`)
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
    cloud: {
      vSwitch: vswitch ?? '',
      securityGroup: security_group ?? '',
      instanceTypes: config.policy.cloud.instance_types,
      baseImage: base_image ?? '',
      publicAddress: config.policy.cloud.public_address,
      snapshotPrice: snapshotPrice && {
        perGibMonth: snapshotPrice.per_gib_month,
        currency: snapshotPrice.currency,
      },
    },
    timings: { ...TIMINGS, ...timings },
    leaseMs: config.leaseMs,
    concurrency: CONCURRENCY,
  }
}
