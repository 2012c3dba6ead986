import type { Reply } from '../core/commands/reply.ts'
import type { Ending, Known } from './step.ts'

/** What a step gives to those after it; scripts/generate writes the descriptions into action.yml. */
export const OUTPUTS = {
  decision:
    'done, accepted (it goes on; the step did not wait), refused (nothing was changed), denied (others have not agreed) or failed',
  'reason-code':
    'A stable word for the reason: sync-started, ended, not-legal-now, approval-denied, agent-offline, timed-out, run-cancelled …',
  state: 'The state of the job, such as waiting; empty when it is about no job, or was refused',
  'image-id': 'The newest image of the job, such as m-bp1…; empty when there is none',
  'sync-id': 'The sync that this step has begun or looked at',
  forecast:
    'What the sync was expected to take, as JSON: milliseconds and bytes, low and high; empty when not known',
  result:
    'Everything as JSON: version 1 has version, decision, reasonCode, title, command, job, state, imageId, syncId, approval, forecast, startedAt, endedAt, reply (the first answer) and last (the last one)',
} as const
export type Outputs = Readonly<Record<keyof typeof OUTPUTS, string>>

/** GitHub takes 1 MiB of outputs from a job. */
const MOST_CHARACTERS = 400_000

export function outputsOf(
  { decision, code, title }: Ending,
  known: Known,
  more: { readonly command: string; readonly endedAt: number },
): Outputs {
  const { first, last, job, approval, forecast, startedAt } = known
  // Other things than jobs have states too: an estimate, a verification.
  const of = (name: string): unknown =>
    ofJob(last)?.[name] ?? ofJob(first)?.[name] ?? ofJob(known.standing)?.[name]
  const syncId = known.syncId ?? of('syncId')
  const result = {
    ...{ version: 1, decision, reasonCode: code, title, command: more.command, job: job ?? null },
    ...{ state: of('state') ?? null, imageId: of('imageId') ?? null, syncId: syncId ?? null },
    ...{ approval: approval ?? null, forecast: forecast ?? null },
    ...{ startedAt: new Date(startedAt).toISOString(), endedAt: new Date(more.endedAt).toISOString() },
    ...{ reply: first ?? null, last: last === first ? null : (last ?? null) },
  }
  return {
    decision,
    'reason-code': code,
    state: word(of('state')),
    'image-id': word(of('imageId')),
    'sync-id': word(syncId),
    forecast: forecast === undefined ? '' : JSON.stringify(forecast),
    result: shortened(result),
  }
}

/** What a reply tells of a job, which has a version. */
export function ofJob(reply: Reply | undefined): Reply['data'] {
  return typeof reply?.data?.['version'] === 'number' ? reply.data : undefined
}

const word = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A long table is left out before anything else, and it is said. */
function shortened(result: { readonly reply: Reply | null; readonly last: Reply | null }): string {
  const whole = JSON.stringify(result)
  if (whole.length <= MOST_CHARACTERS) return whole
  const cut = (reply: Reply | null): object | null =>
    reply && { outcome: reply.outcome, code: reply.code, title: reply.title }
  return JSON.stringify({ ...result, reply: cut(result.reply), last: cut(result.last), isCut: true })
}

/**
 * A reply that may be shown in a run: a one-time code in it (`enrol`) would be readable by everyone who can read the
 * run. Returns the code, so that the runner masks it in whatever comes later too.
 */
export function withoutSecrets(reply: Reply): { readonly reply: Reply; readonly secrets: readonly string[] } {
  const code = reply.data?.['code']
  if (reply.isPrivate !== true || typeof code !== 'string' || !/^[a-z2-9]{20,}$/.test(code))
    return { reply, secrets: [] }
  return { reply: JSON.parse(JSON.stringify(reply).replaceAll(code, '***')) as Reply, secrets: [code] }
}
