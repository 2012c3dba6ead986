import type { Cloud, Tags } from '../../ports/cloud.ts'
import type { Ecs } from './client.ts'

/** On everything that Ferry makes; nothing without it is ever touched. */
const MANAGED = 'ferry:managed'

/** The tags of a request, ours added. */
export function toTags(tags: Partial<Tags>): { key: string; value: string }[] {
  const named = Object.entries(tags).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]))
  return [{ key: MANAGED, value: 'true' }, ...named]
}

/** The tags of a reply. */
export function fromTags(
  found: { tag?: { tagKey?: string; tagValue?: string }[] } | undefined,
): Readonly<Record<string, string>> {
  const pairs = (found?.tag ?? []).map(({ tagKey, tagValue }) => [tagKey ?? '', tagValue ?? ''])
  return Object.fromEntries(pairs) as Record<string, string>
}

/** Tags of things that exist already. */
export function taggingOf(ecs: Ecs): Pick<Cloud, 'tag' | 'untag'> {
  const place = (kind: string, id: string) => ({
    regionId: ecs.region,
    resourceType: kind,
    resourceId: [id],
  })
  return {
    tag: async ({ kind, id }, tags) => {
      const tag = Object.entries(tags).map(([key, value]) => ({ key, value }))
      await ecs.ask('tagResources', { ...place(kind, id), tag })
    },
    untag: async ({ kind, id }, names) => {
      await ecs.ask('untagResources', { ...place(kind, id), tagKey: [...names] })
    },
  }
}
