import type { Cloud, Priceable } from '../../ports/cloud.ts'
import type { Ecs } from './client.ts'
import { cloudCode } from './errors.ts'
import type { RequestFields } from './sdk.ts'

/** What things cost in a region, by the account's own price list. */
export function pricesOf(ecs: Ecs): Pick<Cloud, 'price'> {
  return {
    price: async (of) => {
      try {
        const asked = { regionId: ecs.region, priceUnit: 'Hour', period: 1, ...fieldsOf(of) }
        const { currency, tradePrice } = (await ecs.ask('describePrice', asked)).priceInfo?.price ?? {}
        return currency === undefined || tradePrice === undefined
          ? undefined
          : { perHour: tradePrice, currency }
      } catch (error) {
        if (cloudCode(error) === 'PriceNotFound') return undefined
        throw error
      }
    },
  }
}

function fieldsOf(of: Priceable): RequestFields<'describePrice'> {
  if (of.kind === 'disk')
    return { resourceType: 'disk', dataDisk: [{ category: of.category, size: of.sizeGiB }] }
  const [system, ...data] = of.disks.map(({ category, sizeGiB }) => ({ category, size: sizeGiB }))
  return {
    resourceType: 'instance',
    instanceType: of.type,
    zoneId: of.zone,
    instanceNetworkType: 'vpc',
    ...(system === undefined ? {} : { systemDisk: system }),
    dataDisk: data,
  }
}
