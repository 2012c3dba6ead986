import { refusal } from '../errors.ts'
import { count, csv, groups, text } from '../fields.ts'
import type { TagMap } from '../state.ts'
import type { Fields } from '../wire.ts'
import type { Reply } from './operation.ts'

const LARGEST_PAGE = 100
const MOST_TAGS = 20

/** One page of a list, and the fields that say which. Both of ECS's ways: PageNumber, and MaxResults with NextToken. */
export function page<Item>(
  fields: Fields,
  items: readonly Item[],
): { items: readonly Item[]; fields: Reply } {
  const most = count(fields, 'MaxResults', 1)
  const size = most ?? count(fields, 'PageSize', 1) ?? 10
  if (size > LARGEST_PAGE) {
    throw refusal('InvalidParameter', { message: `The page size exceeds ${LARGEST_PAGE}.` })
  }
  if (most !== undefined) {
    const start = Number(Buffer.from(text(fields, 'NextToken') ?? '', 'base64url').toString() || 0)
    if (!Number.isInteger(start))
      throw refusal('InvalidParameter', { message: 'The NextToken is not valid.' })
    const end = start + size
    const next = end < items.length ? Buffer.from(String(end)).toString('base64url') : ''
    return {
      items: items.slice(start, end),
      fields: { NextToken: next, TotalCount: items.length, MaxResults: most },
    }
  }
  const number = count(fields, 'PageNumber', 1) ?? 1
  const paging = { TotalCount: items.length, PageNumber: number, PageSize: size }
  return { items: items.slice((number - 1) * size, number * size), fields: paging }
}

/** Reads `Tag.N.Key/Value` and holds them to the documented limits. */
export function readTags(fields: Fields): TagMap {
  const tags: TagMap = {}
  const given = groups(fields, 'Tag')
  if (given.length > MOST_TAGS) throw refusal('NumberExceed.Tags')
  for (const tag of given) {
    const key = text(tag, 'Key')
    if (key === undefined || key.length > 128 || /^(aliyun|acs:)|https?:\/\//.test(key)) {
      throw refusal('InvalidTagKey.Malformed')
    }
    if (Object.hasOwn(tags, key)) throw refusal('Duplicate.TagKey')
    tags[key] = text(tag, 'Value') ?? ''
  }
  return tags
}

/** Tags as they are answered. */
export function tagsReply(tags: TagMap): Reply {
  return { Tag: Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })) }
}

/** A test for the `Tag.N` filter: every key must be there, with the value if one is given. */
export function hasTags(fields: Fields): (resource: { readonly tags: TagMap }) => boolean {
  const wanted = groups(fields, 'Tag').map((tag) => ({
    key: text(tag, 'Key') ?? '',
    value: text(tag, 'Value'),
  }))
  return ({ tags }) =>
    wanted.every(({ key, value }) => Object.hasOwn(tags, key) && (value === undefined || tags[key] === value))
}

/** A test for one value among those asked for; without a question everything passes. */
export function among(wanted: readonly string[] | undefined): (value: string | undefined) => boolean {
  return (value) => wanted === undefined || (value !== undefined && wanted.includes(value))
}

/** A test for a filter that names one value, or several separated by commas. */
export function asked(fields: Fields, name: string): (value: string | undefined) => boolean {
  return among(csv(fields, name))
}

/** A test for a name, where `*` stands for anything. */
export function named(fields: Fields, parameter: string): (name: string) => boolean {
  const wanted = text(fields, parameter)
  if (wanted === undefined) return () => true
  const parts = wanted.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
  const pattern = new RegExp(`^${parts.join('.*')}$`, 'u')
  return (name) => pattern.test(name)
}

/** The resources that pass all tests, the newest first, as ECS lists them. */
export function newestFirst<Item extends { readonly createdAt: number }>(
  items: Record<string, Item>,
  passes: (item: Item) => boolean,
): readonly Item[] {
  // Reversed first: of two made in the same millisecond the later one leads.
  return Object.values(items)
    .reverse()
    .filter(passes)
    .sort((a, b) => b.createdAt - a.createdAt)
}
