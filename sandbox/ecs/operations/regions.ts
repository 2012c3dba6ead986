import type { Cloud } from '../cloud.ts'
import { need, text } from '../fields.ts'
import { isSoldOut } from './plan-instance.ts'
import type { Operation, Reply } from './operation.ts'

/** What DescribeAvailableResource lists when no type is named. Others that look like a type can be bought too. */
const TYPES_ON_SHOW = [
  'ecs.e-c1m1.large',
  'ecs.c7.large',
  'ecs.c7.xlarge',
  'ecs.g7.large',
  'ecs.g7.xlarge',
  'ecs.r7.large',
]
const CATEGORIES_ON_SHOW = ['cloud_essd', 'cloud_auto', 'cloud_ssd', 'cloud_efficiency']

function stock(isSold: boolean): Reply {
  return isSold
    ? { Status: 'SoldOut', StatusCategory: 'WithoutStock' }
    : { Status: 'Available', StatusCategory: 'WithStock' }
}

function supported(cloud: Cloud, zone: string, destination: string, type: string | undefined): Reply[] {
  if (destination === 'InstanceType') {
    const types = type === undefined ? TYPES_ON_SHOW : [type]
    return types.map((value) => ({ Value: value, ...stock(isSoldOut(cloud, zone, value)) }))
  }
  if (destination === 'SystemDisk' || destination === 'DataDisk') {
    const least = destination === 'SystemDisk' ? 20 : 1
    return CATEGORIES_ON_SHOW.map((value) => ({
      Value: value,
      ...stock(false),
      Min: least,
      Max: 32_768,
      Unit: 'GiB',
    }))
  }
  return []
}

/** DescribeRegions, DescribeZones, DescribeAvailableResource. */
export const REGION_OPERATIONS: readonly Operation[] = [
  {
    name: 'DescribeRegions',
    required: [],
    changes: false,
    run: (_fields, { settings: { region } }) => ({
      Regions: {
        Region: [{ RegionId: region, LocalName: region, RegionEndpoint: `ecs.${region}.aliyuncs.com` }],
      },
    }),
  },
  {
    name: 'DescribeZones',
    required: ['RegionId'],
    changes: false,
    run: (_fields, { settings: { zones } }) => ({
      Zones: { Zone: zones.map((zone) => ({ ZoneId: zone, LocalName: zone })) },
    }),
  },
  {
    name: 'DescribeAvailableResource',
    required: ['RegionId', 'DestinationResource'],
    changes: false,
    run: (fields, cloud) => {
      const wanted = text(fields, 'ZoneId')
      const destination = need(fields, 'DestinationResource')
      const type = text(fields, 'InstanceType')
      const zones = cloud.settings.zones.filter((zone) => wanted === undefined || zone === wanted)
      const replies = zones.map((zone) => ({
        RegionId: cloud.settings.region,
        ZoneId: zone,
        ...stock(type !== undefined && isSoldOut(cloud, zone, type)),
        AvailableResources: {
          AvailableResource: [
            {
              Type: destination,
              SupportedResources: { SupportedResource: supported(cloud, zone, destination, type) },
            },
          ],
        },
      }))
      return { AvailableZones: { AvailableZone: replies } }
    },
  },
]
