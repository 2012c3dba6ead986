import { refusal } from '../errors.ts'
import { count, group, groups, need, text } from '../fields.ts'
import { hardwareOf } from '../places.ts'
import type { Fields } from '../wire.ts'
import type { Operation } from './operation.ts'

/** Made up, of the right size, in yuan per hour: enough to show what an intermediate costs. */
const PER_CORE = 0.18
const PER_MEMORY_GIB = 0.03
const PER_DISK_GIB = 0.0021
const PER_SNAPSHOT_GIB = 0.00017
const PER_MBIT = 0.063

const HOURS: Record<string, number> = { Hour: 1, Day: 24, Week: 168, Month: 720, Year: 8640 }

function instancePrice(fields: Fields): readonly { Resource: string; perHour: number }[] {
  const hardware = hardwareOf(need(fields, 'InstanceType'))
  if (!hardware) throw refusal('PriceNotFound')
  const system = count(group(fields, 'SystemDisk'), 'Size') ?? 40
  const data = groups(fields, 'DataDisk').map((disk) => count(disk, 'Size') ?? 0)
  const bandwidth = count(fields, 'InternetMaxBandwidthOut') ?? 0
  return [
    {
      Resource: 'instanceType',
      perHour: hardware.cores * PER_CORE + (hardware.memoryMiB / 1024) * PER_MEMORY_GIB,
    },
    { Resource: 'systemDisk', perHour: system * PER_DISK_GIB },
    ...data.map((size) => ({ Resource: 'dataDisk', perHour: size * PER_DISK_GIB })),
    { Resource: 'bandwidth', perHour: bandwidth * PER_MBIT },
  ]
}

function diskPrice(fields: Fields, resource: string, perGiB: number) {
  const sizes = groups(fields, 'DataDisk').map((disk) => count(disk, 'Size') ?? 0)
  const size = sizes.length > 0 ? sizes : [count(group(fields, 'SystemDisk'), 'Size') ?? 40]
  return size.map((gib) => ({ Resource: resource, perHour: gib * perGiB }))
}

function partsOf(fields: Fields) {
  const type = text(fields, 'ResourceType') ?? 'instance'
  if (type === 'instance') return instancePrice(fields)
  if (type === 'disk') return diskPrice(fields, 'disk', PER_DISK_GIB)
  if (type === 'snapshot') return diskPrice(fields, 'snapshot', PER_SNAPSHOT_GIB)
  throw refusal('PriceNotFound')
}

/** DescribePrice. */
export const PRICE_OPERATIONS: readonly Operation[] = [
  {
    name: 'DescribePrice',
    required: ['RegionId'],
    changes: false,
    run: (fields) => {
      const hours = HOURS[text(fields, 'PriceUnit') ?? 'Hour']
      if (hours === undefined) throw refusal('PriceNotFound')
      const times = hours * (count(fields, 'Period', 1) ?? 1) * (count(fields, 'Amount', 1) ?? 1)
      const details = partsOf(fields).map(({ Resource, perHour }) => ({
        Resource,
        ...amounts(perHour * times),
      }))
      const whole = amounts(details.reduce((sum, { TradePrice }) => sum + TradePrice, 0))
      const price = { Currency: 'CNY', ...whole, DetailInfos: { ResourcePriceModel: details } }
      return { PriceInfo: { Price: price, Rules: { Rule: [] } } }
    },
  },
]

function amounts(price: number) {
  const rounded = Math.round(price * 1e4) / 1e4
  return { OriginalPrice: rounded, DiscountPrice: 0, TradePrice: rounded }
}
