import type { Cloud, TaggedResource } from '../../ports/cloud.ts'
import { assistantOf } from './assistant.ts'
import { connectEcs } from './client.ts'
import type { EcsSeams } from './client.ts'
import { disksOf } from './disks.ts'
import type { TaggedDisk } from './disks.ts'
import { imagesOf } from './images.ts'
import { instancesOf } from './instances.ts'
import { pricesOf } from './prices.ts'
import type { AlicloudConfig } from './sdk.ts'
import { securityGroupsOf } from './security-groups.ts'
import { snapshotsOf } from './snapshots.ts'
import { taggingOf } from './tags.ts'

/**
 * Alibaba Cloud ECS in one region. Cheap to make: the SDK is loaded and the keys are tried at the first call.
 * `seams` are for tests: time, chance and patience.
 */
export function createAlicloud(config: AlicloudConfig, seams: EcsSeams = {}): Cloud {
  const ecs = connectEcs(config, seams)
  const { disksManaged, ...disks } = disksOf(ecs)
  const [instances, snapshots, images] = [instancesOf(ecs), snapshotsOf(ecs), imagesOf(ecs)]
  return {
    ...instances,
    ...disks,
    ...snapshots,
    ...images,
    ...pricesOf(ecs),
    ...assistantOf(ecs),
    ...securityGroupsOf(ecs),
    ...taggingOf(ecs),
    inventory: async () => {
      const found = await Promise.all([
        instances.instancesTagged({}).then(as('instance')),
        disksManaged().then(as('disk')),
        snapshots.snapshotsTagged({}).then(as('snapshot')),
        images.imagesTagged({}).then(as('image')),
      ])
      return found.flat()
    },
  }
}

function as(kind: TaggedResource['kind']) {
  return (
    found: readonly Pick<TaggedResource, 'id' | 'tags'>[] | readonly TaggedDisk[],
  ): readonly TaggedResource[] =>
    found.map((each) => {
      const instanceId = 'instanceId' in each ? each.instanceId : undefined
      return { kind, id: each.id, tags: each.tags, ...(instanceId === undefined ? {} : { instanceId }) }
    })
}
