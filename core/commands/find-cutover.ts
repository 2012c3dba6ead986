import type { Cutover } from '../domain/cutover.ts'
import { count, named, optional } from './args.ts'
import type { Context } from './define.ts'
import { lookAt } from './on-job.ts'
import { Refusal } from './reply.ts'

/** Which cutover is meant, for commands that are asked within one. */
export const cutoverNumber = named(
  optional(count('the number of the cutover; may be left out when one is open', 1, 999_999_999)),
)

/** The cutover that is meant: by its number, else the open one that the job is in, else the only open one. */
export async function findCutover(
  context: Context,
  asked: { readonly number: number | undefined; readonly job?: string | undefined },
): Promise<Cutover> {
  const { store } = context
  if (asked.number !== undefined) {
    const found = await store.cutovers.byNumber(asked.number)
    if (found !== undefined) return found
    throw new Refusal('no-such-cutover', `There is no cutover ${asked.number}.`)
  }
  if (asked.job !== undefined) {
    const job = await lookAt(context, asked.job)
    const [found] = await store.cutovers.open(job.id)
    if (found !== undefined) return found
    throw new Refusal(
      'no-such-cutover',
      `${asked.job} is in no open cutover: \`cutover start ${asked.job}\` opens one.`,
    )
  }
  const open = await store.cutovers.open()
  const [only] = open
  if (only !== undefined && open.length === 1) return only
  throw new Refusal(
    'no-such-cutover',
    open.length === 0
      ? 'No cutover is open: `cutover start web-01` opens one.'
      : `Say which cutover: ${open.map(({ number, jobs }) => `cutover=${number} (${jobs.map(({ job }) => job).join(', ')})`).join(', ')}.`,
  )
}

/** Refuses what makes no sense once it has ended. */
export function demandOpen({ number, ended }: Cutover): void {
  if (ended === null) return
  throw new Refusal(
    'cutover-ended',
    `Cutover ${number} has ended: ${ended.result}. \`cutover report cutover=${number}\` tells how it went.`,
  )
}

/** Decides on the cutover as it is and writes that; when somebody else was first, decides anew. */
export async function changeCutover(
  context: Context,
  asked: Parameters<typeof findCutover>[1],
  decide: (cutover: Cutover) => Promise<Cutover> | Cutover,
  facts: Readonly<Record<string, string | boolean>> = {},
): Promise<Cutover> {
  let { number } = asked
  for (let tries = 0; tries < 20; tries++) {
    const cutover = await findCutover(context, { ...asked, number })
    // Once found it is this one, whatever else opens or ends meanwhile.
    ;({ number } = cutover)
    const next = await decide(cutover)
    const after = await context.store.cutovers.change(next, {
      actor: context.actor,
      action: context.invocation.command,
      outcome: 'done',
      facts: { cutover: cutover.number, ...facts },
    })
    if (after !== undefined) return after
  }
  throw new Refusal('busy', 'The cutover is being changed by others at this moment. Try again.')
}
