import { missing, refusal } from './errors.ts'
import type { Fields, Tree } from './wire.ts'

/** Reads one value; an empty one counts as absent, as in ECS. */
export function text(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') throw invalid(name)
  return value
}

/** Reads a value that must be there. */
export function need(fields: Fields, name: string): string {
  const value = text(fields, name)
  if (value === undefined) throw missing(name)
  return value
}

/** Reads a whole number of `least` or more. */
export function count(fields: Fields, name: string, least = 0): number | undefined {
  const value = text(fields, name)
  if (value === undefined) return undefined
  if (!/^\d{1,15}$/.test(value) || Number(value) < least) throw invalid(name)
  return Number(value)
}

/** Reads `true` or `false`. */
export function flag(fields: Fields, name: string): boolean | undefined {
  const value = text(fields, name)?.toLowerCase()
  if (value === undefined) return undefined
  if (value !== 'true' && value !== 'false') throw invalid(name)
  return value === 'true'
}

/** Reads `Name.1`, `Name.2`, … as values. */
export function list(fields: Fields, name: string): readonly string[] {
  return treesOf(fields, name).map((item) => {
    if (typeof item !== 'string') throw invalid(name)
    return item
  })
}

/** Reads `Name.1.X`, `Name.2.X`, … as groups. */
export function groups(fields: Fields, name: string): readonly Fields[] {
  return treesOf(fields, name).map((item) => {
    if (!isGroup(item)) throw invalid(name)
    return item
  })
}

/** Reads `Name.X` as a group; absent, it is empty. */
export function group(fields: Fields, name: string): Fields {
  const value = fields[name] ?? {}
  if (!isGroup(value)) throw invalid(name)
  return value
}

/** Reads ids given as a JSON array in one string (`InstanceIds`, `DiskIds`, `SnapshotIds`). */
export function jsonList(fields: Fields, name: string): readonly string[] | undefined {
  const value = text(fields, name)
  if (value === undefined) return undefined
  const ids = parsed(value)
  if (!Array.isArray(ids) || !ids.every((id): id is string => typeof id === 'string')) throw invalid(name)
  return ids
}

/** Reads values given as `a,b,c`. */
export function csv(fields: Fields, name: string): readonly string[] | undefined {
  return text(fields, name)
    ?.split(',')
    .map((item) => item.trim())
}

function treesOf(fields: Fields, name: string): readonly Tree[] {
  const value = fields[name]
  if (value === undefined || value === '') return []
  if (!isList(value)) throw invalid(name)
  return value
}

// Array.isArray alone does not narrow a readonly array.
function isList(value: Tree): value is readonly Tree[] {
  return Array.isArray(value)
}

function isGroup(value: Tree): value is Fields {
  return typeof value === 'object' && !isList(value)
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

function invalid(name: string) {
  return refusal('InvalidParameter', { message: `The specified parameter "${name}" is not valid.` })
}
