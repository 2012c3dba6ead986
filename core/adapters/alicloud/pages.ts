/** The most that ECS gives at once. */
export const PAGE_SIZE = 100

interface Page<T> {
  readonly items: readonly T[]
  readonly total: number
}

/**
 * Everything of a list that comes in pages. Things come and go while it is read: what is met twice is given once, and
 * a page that is empty ends it whatever the total says.
 */
export async function allPages<T extends { readonly id: string }>(
  read: (pageNumber: number) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const found = new Map<string, T>()
  for (let number = 1; ; number += 1) {
    const { items, total } = await read(number)
    for (const item of items) found.set(item.id, item)
    if (items.length === 0 || number * PAGE_SIZE >= total) return [...found.values()]
  }
}
