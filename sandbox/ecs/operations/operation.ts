import type { Cloud } from '../cloud.ts'
import { missing } from '../errors.ts'
import type { Fields } from '../wire.ts'

/** The body of a successful answer; the server adds the RequestId. */
export type Reply = Record<string, unknown>

/** One operation of the API. */
export interface Operation {
  readonly name: string
  /** Parameters that must be there; `A|B` is satisfied by either. */
  readonly required: readonly string[]
  /** Whether it may change anything: then its effect is durable before the answer leaves. */
  readonly changes: boolean
  /** Whether it honours ClientToken, and what it calls a token used again for something else. */
  readonly token?: 'IdempotentParameterMismatch' | 'IdempotenceParamNotMatch'
  run(fields: Fields, cloud: Cloud): Reply | Promise<Reply>
}

/** Refuses a request that lacks a mandatory parameter. */
export function requireFields(operation: Operation, fields: Fields): void {
  for (const names of operation.required) {
    const isGiven = names.split('|').some((name) => fields[name] !== undefined && fields[name] !== '')
    if (!isGiven) throw missing(names.split('|')[0] ?? names)
  }
}

/** A time as ECS writes most of them: `2026-11-22T23:30:27Z`. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** A time without seconds, as instances and disks have it: `2026-11-22T23:30Z`. */
export function minuteText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`
}

/** A time that may be absent, which ECS writes as an empty text. */
export function timeOrEmpty(ms: number | undefined): string {
  return ms === undefined ? '' : timeText(ms)
}
