/**
 * What goes wrong on purpose.
 *  - `error`: the given status, code and message, without effect; `throttle`: Throttling.User, with a retry-after
 *  - `hang`: no answer at all, or a late one when `delayMs` says how late; `reset`: the connection is torn down
 *  - `empty`: the effect happens, and every list in the answer is empty, as when one replica of the service lags behind
 *  - `html`: a load balancer's 502 page; `lost-reply`: the effect happens, then the connection is torn down
 */
const FAULT_KINDS = ['error', 'throttle', 'hang', 'reset', 'html', 'lost-reply', 'empty'] as const
type FaultKind = (typeof FAULT_KINDS)[number]

/** One rule: which calls it meets, and what happens to them. */
export interface FaultRule {
  /** The operation's name, or `*` for any. */
  readonly action: string
  readonly kind: FaultKind
  /** The first call that it meets, counted from now: 1 is the next one, and the default. */
  readonly nth?: number
  /** How many calls in a row, 1 by default. */
  readonly times?: number
  readonly status?: number
  readonly code?: string
  readonly message?: string
  /** How long the answer is held back. */
  readonly delayMs?: number
  readonly retryAfterMs?: number
}

/** The rules in force. They live in memory: a restarted sandbox behaves. */
export class FaultPlan {
  #rules: { readonly rule: FaultRule; seen: number }[] = []

  add(rule: FaultRule): void {
    this.#rules.push({ rule, seen: 0 })
  }

  clear(): void {
    this.#rules = []
  }

  /** Counts a call and returns what shall happen to it. The first rule added wins. */
  meet(action: string): FaultRule | undefined {
    let met: FaultRule | undefined
    for (const entry of this.#rules) {
      const { rule } = entry
      if (rule.action !== '*' && rule.action !== action) continue
      entry.seen += 1
      const first = rule.nth ?? 1
      if (entry.seen >= first && entry.seen < first + (rule.times ?? 1)) met ??= rule
    }
    return met
  }
}

/** Reads a rule from JSON; throws a plain message for the person who wrote it. */
export function readFaultRule(value: unknown): FaultRule {
  if (typeof value !== 'object' || value === null) throw new Error('A fault is a JSON object.')
  const rule = value as Record<string, unknown>
  if (typeof rule['action'] !== 'string') throw new Error('A fault names its action, or * for any.')
  if (!FAULT_KINDS.some((kind) => kind === rule['kind']))
    throw new Error(`kind is one of ${FAULT_KINDS.join(', ')}.`)
  for (const name of ['nth', 'times', 'status', 'delayMs', 'retryAfterMs']) {
    if (rule[name] !== undefined && !Number.isInteger(rule[name]))
      throw new Error(`${name} is a whole number.`)
  }
  return value as FaultRule
}
