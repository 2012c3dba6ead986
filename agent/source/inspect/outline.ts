/** Reads the part of YAML that netplan files are made of: maps by indentation, lists of words, values in one line. */

export interface OutlineEntry {
  /** The keys that lead there. */
  readonly path: readonly string[]
  /** Empty for a key with more below it. */
  readonly value: string
}

const plain = (text: string): string => text.trim().replace(/^(["'])(.*)\1$/, '$2')

/** Every value with the keys above it; items of a list have those of the list. What is not understood is left out. */
export function outlineOf(text: string | undefined): readonly OutlineEntry[] {
  const entries: OutlineEntry[] = []
  const above: { readonly indent: number; readonly key: string }[] = []
  for (const line of (text ?? '').split('\n')) {
    const bare = line.replace(/(^|\s)#.*$/, '')
    if (bare.trim() === '') continue
    const indent = bare.length - bare.trimStart().length
    const item = /^\s*-\s*(.*)$/.exec(bare)?.[1]
    const [, key, value] =
      item === undefined ? (/^\s*(["']?[\w.*/-]+["']?)\s*:(?:\s+(.*))?$/.exec(bare) ?? []) : []
    // An item may stand as far out as its list.
    while ((above.at(-1)?.indent ?? -1) >= indent + Number(item !== undefined)) above.pop()
    const path = above.map((each) => each.key)
    if (item !== undefined) entries.push({ path, value: plain(item) })
    if (key === undefined) continue
    above.push({ indent, key: plain(key) })
    const here = [...path, plain(key)]
    const flow = /^\[(.*)\]$/.exec((value ?? '').trim())?.[1]
    if (flow === undefined) entries.push({ path: here, value: plain(value ?? '') })
    else for (const word of flow.split(',')) entries.push({ path: here, value: plain(word) })
  }
  return entries
}
