/** The rules of a drill that are about the cloud and the way there (see drill-rules.ts). */
import { formatRate } from './bytes.ts'
import type { CloudFacts, CloudTry } from './cloud-facts.ts'
import type { DrillItem, Verdict } from './drill.ts'
import { critical, DRILL_AGAIN, normal, warning } from './drill.ts'
import type { FaultCode } from './faults.ts'
import { faultEntry, FAULTS, remedyOf } from './faults.ts'
import type { SpeedtestFound } from './speed.ts'

const MIB = 1024 * 1024
/** Below these rates, in bytes per second, even a small server takes hours. */
const SLOW = { read: 10 * MIB, send: MIB } as const

/** What a speed test says of the disks and of the way to the receiver. */
export function speedItems(found: SpeedtestFound): readonly DrillItem[] {
  return [
    { name: 'read throughput', ...readVerdict(found) },
    { name: 'way to the receiver', ...wayVerdict(found) },
  ]
}

function readVerdict({ disks }: SpeedtestFound): Verdict {
  const unread = disks.filter(({ bytesPerSecond }) => bytesPerSecond === null)
  if (disks.length === 0 || unread.length > 0)
    return critical(
      unread.map(({ path, detail }) => `${path}: ${detail}`).join('; ') || 'the agent found no disk',
      'start the agent as root, and check the disk with `dmesg` and `smartctl -a`',
    )
  const words = disks
    .map(({ path, bytesPerSecond }) => `${path} ${formatRate(bytesPerSecond ?? 0)}`)
    .join(', ')
  const isSlow = disks.some(({ bytesPerSecond }) => (bytesPerSecond ?? 0) < SLOW.read)
  return isSlow ? warning(`${words}: comparing will take long`, 'iostat -x 1 5') : normal(words)
}

function wayVerdict({ network }: SpeedtestFound): Verdict {
  const last = network.at(-1)
  const failed = network.find(({ to, bytesPerSecond }) => to === 'receiver' && bytesPerSecond === null)
  if (failed !== undefined)
    return critical(
      `${failed.address} cannot be reached: ${failed.detail}`,
      'allow TCP 8703 from the source to the intermediate (security group, firewalls on the way)',
    )
  if (last === undefined || last.bytesPerSecond === null)
    return critical(
      `nothing could be sent${last === undefined ? '' : ` to ${last.address}: ${last.detail}`}`,
      'check the network of the source',
    )
  const where = last.to === 'receiver' ? last.address : `${last.address}, the bot: there is no receiver yet`
  const words = `${formatRate(last.bytesPerSecond)} to ${where}`
  return last.bytesPerSecond < SLOW.send
    ? warning(`${words}: syncs will take long`, 'mtr -rwc 20 <address>')
    : normal(words)
}

/** A refusal that says something of one item, and nothing of the others. */
const MEANING: Partial<Record<FaultCode, string>> = {
  NO_STOCK: 'stock',
  QUOTA_INSTANCES: 'quota',
  QUOTA_DISKS: 'quota',
  QUOTA_IMAGES: 'quota',
  QUOTA_SNAPSHOTS: 'quota',
  BALANCE: 'balance',
  ACCOUNT_NOT_VERIFIED: 'balance',
  FORBIDDEN: 'permissions',
  CREDENTIALS: 'permissions',
  CLOUD_NETWORK: 'vSwitch and security group',
}

/** What the cloud said; what a refusal kept from being told is a Warning. */
export function cloudItems(facts: CloudFacts): readonly DrillItem[] {
  const refused = facts.tries.flatMap((one) =>
    one.refused === null ? [] : [{ ...one, refused: one.refused }],
  )
  const of = (name: string, good: string): DrillItem => {
    const [bad] = refused.filter(({ refused: { code } }) => MEANING[code] === name)
    if (bad !== undefined) return { name, ...refusal(bad) }
    // A refusal for another reason came first: the cloud has not looked at this.
    const [first] = refused.filter(({ action }) => action === 'ecs:RunInstances')
    if (first !== undefined && name !== 'permissions')
      return {
        name,
        ...warning(`cannot be told: ${first.refused.detail}`, 'mend the items above, then drill again'),
      }
    return { name, ...normal(good) }
  }
  const others = refused.filter(({ refused: { code } }) => MEANING[code] === undefined)
  return [
    { name: 'stock', ...(stockVerdict(facts) ?? of('stock', '')) },
    of('permissions', `granted: ${facts.tries.map(({ action }) => action).join(', ')}`),
    of('quota', 'one more instance and one more image may be made'),
    of('balance', 'the account can pay for the intermediate'),
    of('vSwitch and security group', `they fit together in ${facts.zone}`),
    ...others.map((one) => ({ name: `cloud, ${one.action}`, ...refusal(one) })),
  ]
}

function stockVerdict({ stock, zone }: CloudFacts): Verdict | undefined {
  if ('unknown' in stock)
    return warning(`cannot be told: ${stock.unknown}`, remedyOf(FAULTS.NO_STOCK, '<job>', DRILL_AGAIN))
  const left = stock.value.filter(({ isAvailable }) => isAvailable).map(({ type }) => type)
  const gone = stock.value.filter(({ isAvailable }) => !isAvailable).map(({ type }) => type)
  if (left.length === 0)
    return critical(
      `sold out in ${zone}: ${gone.join(', ')}`,
      'name other types (cloud.instance_types in ferry.yaml) and have the bot read it again (SIGHUP)',
    )
  return normal(`${left.join(', ')} in ${zone}${gone.length === 0 ? '' : `; sold out: ${gone.join(', ')}`}`)
}

function refusal({
  action,
  refused: { code, detail },
}: CloudTry & { readonly refused: { code: FaultCode; detail: string } }): Verdict {
  const entry = faultEntry(code)
  const evidence = `${action}: ${entry.title}: ${detail}`
  return entry.transient
    ? warning(evidence, 'drill again in a moment')
    : critical(evidence, remedyOf(entry, '<job>', DRILL_AGAIN))
}
