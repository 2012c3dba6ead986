/**
 * The rules of a drill: fact → level, evidence, fix. Critical: the server would not come up in the cloud, or the
 * migration cannot run. Warning: it may need a hand. What cannot be told is a Warning with the reason, never Normal.
 * A fix is what to run on the source, line by line; Ferry itself never changes the source.
 */
import { formatBytes } from './bytes.ts'
import type { DrillItem, Verdict } from './drill.ts'
import { critical, FSTAB, normal, SERVICES, warning } from './drill.ts'
import { loaderVerdict, rootVerdict, virtioVerdict } from './drill-boot-rules.ts'
import { encryptionVerdict, fstabVerdict, lvmVerdict, raidVerdict } from './drill-disk-rules.ts'
import type { FileSystemFacts, InterfaceFacts, SourceFacts, Told } from './source-facts.ts'

/** Over these shares of what there is, in percent, a server counts as full or busy. */
const FULL = { room: 99, cpu: 90, memory: 95, io: 50 } as const
/** How far clocks may differ, in milliseconds: tickets and signatures are refused at 300 s. */
const CLOCK = { worthTelling: 5000, most: 240_000 } as const

const SURE_IT_BOOTS = 'look at the console of a server started from an image (`drill <job> --boot`)'

/** The name of the item that a test boot depends on. */
export const ASSISTANT = 'Cloud Assistant'

type Rule<T> = (value: T, facts: SourceFacts) => Verdict

function item<T>(name: string, fact: Told<T>, facts: SourceFacts, rule: Rule<T>): DrillItem {
  if ('unknown' in fact) return { name, ...warning(`cannot be told: ${fact.unknown}`, SURE_IT_BOOTS) }
  return { name, ...rule(fact.value, facts) }
}

/** What an inspection says of the source, in the order in which a server boots. */
export function sourceItems(facts: SourceFacts): readonly DrillItem[] {
  return [
    item('boot loader', facts.bootLoader, facts, loaderVerdict),
    item('kernel and initramfs', facts.kernels, facts, virtioVerdict),
    item('root device', facts.rootArgument, facts, rootVerdict),
    item(FSTAB, facts.fstab, facts, fstabVerdict),
    item('room on file systems', facts.fileSystems, facts, roomVerdict),
    item('LVM', facts.lvm, facts, lvmVerdict),
    item('software RAID', facts.raid, facts, raidVerdict),
    item('encryption', facts.encryption, facts, encryptionVerdict),
    item('SELinux', facts.selinux, facts, ({ mode, relabels }) =>
      mode !== 'enforcing'
        ? normal(mode === 'absent' ? 'there is no SELinux' : `SELINUX=${mode}`)
        : warning(
            `SELINUX=enforcing${relabels ? ', and the next boot relabels everything' : ''}: wrong labels can keep people out`,
            'setenforce 0 && sed -i s/^SELINUX=enforcing/SELINUX=permissive/ /etc/selinux/config',
          ),
    ),
    item('network addresses', facts.network, facts, networkVerdict),
    item('cloud-init', facts.cloudInit, facts, cloudInitVerdict),
    item(ASSISTANT, facts.assistant, facts, ({ isInstalled, at }) =>
      isInstalled
        ? normal(`${at ?? ''} is there`)
        : warning(
            'it is not installed: no boot can be proven by it, and `verify` ends Not Verified (the local cloud asks qemu-guest-agent instead)',
            'install the Cloud Assistant agent (package aliyun_assist) as the cloud’s documentation says',
          ),
    ),
    { name: SERVICES, ...servicesVerdict(facts.services) },
    item('clock', facts.clock, facts, clockVerdict),
    item('load', facts.load, facts, loadVerdict),
  ]
}

function roomVerdict(systems: readonly FileSystemFacts[]): Verdict {
  const percent = (free: number, whole: number): number => (whole === 0 ? 0 : 100 * (1 - free / whole))
  const full = systems.flatMap(({ mount, freeBytes, sizeBytes, freeInodes, inodes }) => [
    ...(percent(freeBytes, sizeBytes) > FULL.room ? [`${mount} has ${formatBytes(freeBytes)} left`] : []),
    ...(percent(freeInodes, inodes) > FULL.room ? [`${mount} has ${freeInodes} inodes left`] : []),
  ])
  if (full.length > 0)
    return warning(
      full.join('; '),
      'df -h && df -i',
      'delete what is not needed, then ask for the drill again',
    )
  const words = systems.map(({ mount, freeBytes }) => `${mount} ${formatBytes(freeBytes)} free`)
  return normal(words.length === 0 ? 'no file system was found' : words.join(', '))
}

function networkVerdict({
  interfaces,
  nameRules,
}: {
  readonly interfaces: readonly InterfaceFacts[]
  readonly nameRules: string | null
}): Verdict {
  const fixed = interfaces.filter(({ method }) => method === 'static')
  const bound = interfaces.filter(({ mac }) => mac !== null)
  // The cloud's interface is eth0 or the name that its place on the bus gives it, which is another one there.
  const named = interfaces.filter(({ name }) => /^en[opsx]\w+$/.test(name))
  const problems = [
    ...fixed.map(
      ({ name, address, file }) => `${name} has the static address ${address ?? '(unknown)'} (${file})`,
    ),
    ...bound.map(({ name, mac, file }) => `${name} is bound to the hardware address ${mac ?? ''} (${file})`),
    ...(nameRules === null ? [] : [`${nameRules} gives names to hardware addresses`]),
    ...named.map(({ name, file }) => `${name} is another name in the cloud (${file})`),
  ]
  if (problems.length > 0)
    return warning(
      problems.join('; '),
      'make the interface get its address by DHCP and match it by no hardware address before the cutover',
      ...(nameRules === null ? [] : [`mv ${nameRules} ${nameRules}.off`]),
    )
  const words = interfaces.map(({ name, file }) => `${name} by DHCP (${file})`)
  return normal(words.length === 0 ? 'no file sets an address' : words.join(', '))
}

function cloudInitVerdict({
  isInstalled,
  isDisabled,
  datasources,
}: {
  readonly isInstalled: boolean
  readonly isDisabled: boolean
  readonly datasources: readonly string[] | null
}): Verdict {
  const without = 'the server keeps its host name, keys and network settings as they are'
  if (!isInstalled)
    return warning(
      `it is not installed: ${without}`,
      'install the package cloud-init, or see to it that the network comes up by DHCP',
    )
  if (isDisabled) return warning(`it is disabled: ${without}`, 'rm /etc/cloud/cloud-init.disabled')
  if (datasources !== null && !datasources.includes('AliYun'))
    return warning(
      `its datasource_list is ${datasources.join(', ')} and lacks AliYun`,
      "echo 'datasource_list: [ AliYun, NoCloud, None ]' > /etc/cloud/cloud.cfg.d/99-ferry.cfg",
    )
  return normal(
    datasources === null ? 'it looks for its datasource by itself' : `datasources ${datasources.join(', ')}`,
  )
}

/** Stands in nobody's way: people are told of it once the migration is Completed (S18). */
function servicesVerdict(services: SourceFacts['services']): Verdict {
  if ('unknown' in services) return normal(`cannot be told: ${services.unknown}`)
  return normal(services.value.join(', ') || 'systemd has none enabled')
}

function clockVerdict({ aheadMs }: { readonly aheadMs: number }): Verdict {
  const seconds = Math.round(Math.abs(aheadMs) / 1000)
  const words = `${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the bot’s`
  const fix = 'timedatectl set-ntp true || chronyc makestep'
  if (Math.abs(aheadMs) > CLOCK.most) return critical(`${words}; at 300 s every request is refused`, fix)
  if (Math.abs(aheadMs) > CLOCK.worthTelling) return warning(words, fix)
  return normal(aheadMs === 0 ? 'equals the bot’s' : words)
}

function loadVerdict(load: {
  readonly cpuPercent: number
  readonly memoryPercent: number
  readonly load1: number
  readonly cores: number
  readonly ioPressure: number | null
}): Verdict {
  const words = `CPU ${load.cpuPercent} %, memory ${load.memoryPercent} %, load ${load.load1} on ${load.cores} cores${
    load.ioPressure === null ? '' : `, waiting for disks ${load.ioPressure} % of the time`
  }`
  const isBusy =
    load.cpuPercent > FULL.cpu || load.memoryPercent > FULL.memory || (load.ioPressure ?? 0) > FULL.io
  return isBusy
    ? warning(
        `${words}: a sync will be slow, and felt`,
        'sync off-peak, or `limit <job> 200mbit`',
        'top -o %CPU',
      )
    : normal(words)
}
