import type { Reply } from '../core/commands/reply.ts'

/** What a run gives to the steps after it; described in action.yml. */
export function outputsOf(
  reply: Reply,
): Readonly<Record<'decision' | 'reason-code' | 'state' | 'result', string>> {
  const state = reply.data?.['state']
  return {
    decision: reply.outcome,
    'reason-code': reply.code,
    state: typeof state === 'string' ? state : '',
    result: JSON.stringify(reply),
  }
}

/**
 * A reply that may be shown in a run: a one-time code in it (`enrol`) would be readable by everyone who can read the
 * run. Returns the code, so that the runner masks it in whatever comes later too.
 */
export function withoutSecrets(reply: Reply): { readonly reply: Reply; readonly secrets: readonly string[] } {
  const code = reply.data?.['code']
  if (typeof code !== 'string' || code === '') return { reply, secrets: [] }
  return { reply: JSON.parse(JSON.stringify(reply).replaceAll(code, '***')) as Reply, secrets: [code] }
}
