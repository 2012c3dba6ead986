import { refusal } from './errors.ts'

/** A parameter after un-flattening: a value, a list (`Tag.1`, `Tag.2`) or a group (`SystemDisk.Size`). */
export type Tree = string | readonly Tree[] | Fields

/** The parameters of a request, or of one group of them, by name. Made without a prototype. */
export interface Fields {
  readonly [name: string]: Tree
}

interface Node {
  value?: string
  readonly children: Map<string, Node>
}

/** Deep or long names are no real client's. */
const DEEPEST = 6
const HIGHEST_INDEX = 1000

/**
 * Turns `A.1.B=x` into `{ A: [{ B: 'x' }] }`. A name whose children are all numbers is a list, in the order of the
 * numbers; gaps close, as they do in ECS.
 */
export function unflatten(pairs: Iterable<readonly [string, string]>): Fields {
  const root: Node = { children: new Map() }
  for (const [name, value] of pairs) {
    const path = name.split('.')
    if (path.length > DEEPEST || path.includes('')) throw malformed(name)
    const node = path.reduce(childOf, root)
    if (node.value !== undefined) throw malformed(name)
    node.value = value
  }
  return fieldsOf(root, '')
}

function childOf(node: Node, name: string): Node {
  const known = node.children.get(name)
  if (known) return known
  const child: Node = { children: new Map() }
  node.children.set(name, child)
  return child
}

function fieldsOf(node: Node, path: string): Fields {
  const fields = Object.create(null) as Record<string, Tree>
  for (const [name, child] of node.children) fields[name] = treeOf(child, path ? `${path}.${name}` : name)
  return fields
}

function treeOf(node: Node, path: string): Tree {
  if (node.value !== undefined) {
    if (node.children.size > 0) throw malformed(path)
    return node.value
  }
  const names = [...node.children.keys()]
  if (!names.every((name) => /^\d+$/.test(name))) return fieldsOf(node, path)
  if (names.some((name) => Number(name) < 1 || Number(name) > HIGHEST_INDEX)) throw malformed(path)
  return [...node.children]
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([name, child]) => treeOf(child, `${path}.${name}`))
}

function malformed(name: string) {
  return refusal('InvalidParameter', { message: `The parameter "${name}" is malformed.` })
}
