import type { Cloud } from '../cloud.ts'
import { missing, refusal } from '../errors.ts'
import { list, need } from '../fields.ts'
import type { TagMap } from '../state.ts'
import { readTags } from './listing.ts'
import type { Operation } from './operation.ts'

const MOST_TAGS = 20

function taggable(cloud: Cloud, type: string): Record<string, { tags: TagMap }> {
  const { instances, disks, snapshots, images, securityGroups } = cloud.state
  const known: Record<string, Record<string, { tags: TagMap }>> = {
    instance: instances,
    disk: disks,
    snapshot: snapshots,
    image: images,
    securitygroup: securityGroups,
  }
  const resources = known[type.toLowerCase()]
  if (!resources) throw refusal('InvalidParameter', { message: `The resource type ${type} is not valid.` })
  return resources
}

/** TagResources and UntagResources: all of the resources or none. */
export const TAG_OPERATIONS: readonly Operation[] = [
  {
    name: 'TagResources',
    required: ['RegionId', 'ResourceType', 'ResourceId'],
    changes: true,
    run: (fields, cloud) => {
      const resources = taggable(cloud, need(fields, 'ResourceType'))
      const tags = readTags(fields)
      if (Object.keys(tags).length === 0) throw missing('Tag.1.Key')
      const found = list(fields, 'ResourceId').map((id) => {
        const resource = resources[id]
        if (!resource) throw refusal('InvalidResourceId.NotFound')
        const merged = { ...resource.tags, ...tags }
        if (Object.keys(merged).length > MOST_TAGS) throw refusal('NumberExceed.Tags')
        return { resource, merged }
      })
      for (const { resource, merged } of found) resource.tags = merged
      return {}
    },
  },
  {
    name: 'UntagResources',
    required: ['RegionId', 'ResourceType', 'ResourceId'],
    changes: true,
    run: (fields, cloud) => {
      const resources = taggable(cloud, need(fields, 'ResourceType'))
      const keys = list(fields, 'TagKey')
      const found = list(fields, 'ResourceId').map((id) => {
        const resource = resources[id]
        if (!resource) throw refusal('InvalidResourceId.NotFound')
        return resource
      })
      for (const resource of found)
        resource.tags = Object.fromEntries(
          Object.entries(resource.tags).filter(([key]) => !keys.includes(key)),
        )
      return {}
    },
  },
]
