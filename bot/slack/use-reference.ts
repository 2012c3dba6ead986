/** One-time references when they are used: what they mean, or why they mean nothing. */
import type { Reply } from '../../core/commands/reply.ts'
import { Refusal } from '../../core/commands/reply.ts'
import type { Asked } from './asked.ts'
import type { SlackParts } from './parts.ts'
import { personOf } from './person.ts'

type Found = Awaited<ReturnType<SlackParts['app']['references']['look']>>
export type Meaning = Exclude<Found, string>

const WHY: Readonly<Record<Exclude<Extract<Found, string>, 'twice'>, string>> = {
  unknown: 'This button means nothing to Ferry any more. Type the command instead; `help` lists all.',
  expired: 'This button was good for a while only, and that is over. Ask again.',
  used: 'You have used this button already; each works once. If nothing came of it, type the command; `help` lists all.',
  'not-yours': 'This button is for the one who asked. Type the command yourself to be asked too.',
}

/**
 * Uses a reference and carries out its meaning. A second click moments after the first is silent: the first is being
 * answered. What was refused, or lost with the database, is taken back: the button works when that is mended.
 */
export async function useReference(
  parts: SlackParts,
  { userId }: Pick<Asked, 'userId'>,
  reference: string,
  carryOut: (meaning: Meaning) => Promise<Reply | undefined>,
): Promise<Reply | undefined> {
  const { name } = personOf(parts, userId)
  const meaning = await parts.app.references.use(reference, name)
  if (meaning === 'twice') return undefined
  if (typeof meaning === 'string') throw new Refusal('button-useless', WHY[meaning])
  const reply = await carryOut(meaning)
  if (reply?.outcome === 'refused')
    await parts.app.references.giveBack(reference, name).catch(() => undefined)
  return reply
}

/** What it means, without using it: for a form that asks for more first. */
export async function lookAtReference(
  parts: SlackParts,
  { userId }: Pick<Asked, 'userId'>,
  reference: string,
): Promise<Meaning | undefined> {
  const meaning = await parts.app.references.look(reference, personOf(parts, userId).name)
  if (meaning === 'twice') return undefined
  if (typeof meaning === 'string') throw new Refusal('button-useless', WHY[meaning])
  return meaning
}
