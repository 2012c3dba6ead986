/** What happens when a form is sent: its fields are checked before it closes, by the command's own rules. */
import type { Invocation } from '../../../core/commands/read.ts'
import { readInvocation } from '../../../core/commands/read.ts'
import { answerInvocation } from '../answer.ts'
import type { Asked } from '../asked.ts'
import { LIFE_MS } from '../confirm.ts'
import type { SlackParts } from '../parts.ts'
import { personOf } from '../person.ts'
import { useReference } from '../use-reference.ts'
import { renderReply } from '../render/reply.ts'
import { fillView, refusedView } from './open.ts'
import type { FormState, Sent } from './view.ts'
import { confirmView, readFields } from './view.ts'

export interface Checked {
  readonly invocation: Invocation
  /** Sentences by field; none: all is well. */
  readonly errors: Readonly<Record<string, string>>
  readonly isFinal: boolean
}

/** Pure, and quick enough to be done before Slack is answered. */
export function checkForm({ app }: Pick<SlackParts, 'app'>, sent: Sent): Checked {
  const { command, raw: settled } = readInvocation(sent.state.line, app.catalogue)
  const raw = { ...settled, ...readFields(sent.values) }
  const found = app.catalogue.find(({ name }) => name === command)
  const errors: Record<string, string> = {}
  for (const [key, sentence] of Object.entries(found?.problems(raw) ?? {})) {
    const at = sent.fields.includes(key) ? key : sent.fields[0]
    if (at !== undefined) errors[at] = sentence
  }
  return { invocation: { command, raw }, errors, isFinal: found?.effect === 'final' }
}

/** Of what cannot be taken back, the form shows the consequence and the evidence, and asks once more. */
export async function askOnceMore(
  parts: SlackParts,
  asked: Asked,
  { viewId, state }: Sent,
  { invocation }: Checked,
): Promise<void> {
  const { app } = parts
  const title = `${invocation.command.slice(0, 1).toUpperCase()}${invocation.command.slice(1)}`
  await fillView(parts, asked.workspace, viewId, title, async () => {
    const person = personOf(parts, asked.userId)
    const reply = await app.execute(invocation, { person, door: 'slack' })
    if (reply.code !== 'confirm') return refusedView(title, reply)
    const meaning = { ...invocation, confirmed: true }
    const [reference] = await app.references.make([meaning], person.name, LIFE_MS)
    const shown = renderReply({ ...reply, actions: [] }, { mark: '⚠️' }).blocks('classic')
    return confirmView(title, shown, { ...state, reference })
  })
}

/** Carries out what a form asked for; where its button carried a reference, that is used up first. */
export async function carryOut(
  parts: SlackParts,
  asked: Asked,
  state: FormState,
  invocation: Invocation | undefined,
): Promise<void> {
  if (state.reference !== undefined)
    await useReference(parts, asked, state.reference, (meaning) =>
      answerInvocation(
        parts,
        asked,
        { command: meaning.command, raw: { ...invocation?.raw, ...meaning.raw } },
        { confirmed: meaning.confirmed },
      ),
    )
  else if (invocation !== undefined) await answerInvocation(parts, asked, invocation)
}
