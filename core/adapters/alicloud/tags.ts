import type { Tags } from '../../ports/cloud.ts'

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
