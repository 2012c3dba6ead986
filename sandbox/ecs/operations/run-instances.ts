import { rmSync } from 'node:fs'
import { diskFile } from '../bytes.ts'
import type { Cloud } from '../cloud.ts'
import { refusal } from '../errors.ts'
import { count, flag } from '../fields.ts'
import { DELAYS_MS } from '../life.ts'
import type { Disk } from '../state.ts'
import { freeDevice, makeDisk } from './make-disk.ts'
import type { Operation } from './operation.ts'
import { planOf } from './plan-instance.ts'
import type { Plan } from './plan-instance.ts'

/** RunInstances: everything is checked first, then the disks are made with their bytes, then the instances. */
export const RUN_INSTANCES: Operation = {
  name: 'RunInstances',
  required: ['RegionId', 'ImageId', 'InstanceType', 'SecurityGroupId|SecurityGroupIds', 'VSwitchId'],
  changes: true,
  token: 'IdempotentParameterMismatch',
  run: async (fields, cloud) => {
    const amount = count(fields, 'Amount', 1) ?? 1
    const plan = planOf(cloud, fields)
    const existing = Object.keys(cloud.state.instances).length
    if (amount > 100 || existing + amount > cloud.settings.quotas.instances)
      throw refusal('QuotaExceed.ElasticQuota')
    if (flag(fields, 'DryRun')) throw refusal('DryRunOperation')

    const ids: string[] = []
    for (let made = 0; made < amount; made += 1) ids.push(await makeInstance(cloud, plan))
    return { InstanceIdSets: { InstanceIdSet: ids }, OrderId: '', TradePrice: 0 }
  },
}

async function makeInstance(cloud: Cloud, plan: Plan): Promise<string> {
  const { disks: plannedDisks, ...facts } = plan
  const id = cloud.newId('i')
  const disks: Disk[] = []
  try {
    for (const { device, deleteWithInstance, ...request } of plannedDisks) {
      const disk = await makeDisk(cloud, request)
      disks.push(disk)
      // Before anything else is awaited: the next disk's name depends on it.
      const where = request.role === 'system' ? '/dev/xvda' : freeDevice(cloud, id, device)
      const attached = { instanceId: id, status: 'In_use', attachedAt: cloud.now() } as const
      Object.assign(disk, { ...attached, device: where, deleteWithInstance, tags: { ...plan.tags } })
    }
  } catch (error) {
    for (const disk of disks) {
      delete cloud.state.disks[disk.id]
      rmSync(diskFile(cloud.settings.home, disk.id), { force: true })
    }
    throw error
  }
  const due = cloud.after(DELAYS_MS.pending)
  const birth = { status: 'Pending', afterStop: 'stay', due, createdAt: cloud.now() } as const
  cloud.state.instances[id] = { id, ...facts, tags: { ...plan.tags }, address: newAddress(cloud), ...birth }
  return id
}

/** An address that no living machine has; used ones come back last, so that nobody meets a successor by mistake. */
function newAddress({ state }: Cloud): string {
  const taken = new Set(Object.values(state.instances).map(({ address }) => address))
  const [a, b] = state.network
  for (;;) {
    const address = `127.${a}.${b}.${state.nextHost}`
    state.nextHost = state.nextHost >= 250 ? 10 : state.nextHost + 1
    if (!taken.has(address)) return address
  }
}
