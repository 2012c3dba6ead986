/** Opens a form at once, within the 3 s of its trigger, and fills it when it is known what it shows. */
import type { Invocation } from '../../../core/commands/read.ts'
import type { Reply } from '../../../core/commands/reply.ts'
import { Refusal } from '../../../core/commands/reply.ts'
import type { Asked } from '../asked.ts'
import type { SlackParts } from '../parts.ts'
import { personOf } from '../person.ts'
import { renderReply } from '../render/reply.ts'
import { replyOfTrouble } from '../trouble.ts'
import { call, patiently, SlackRefused } from '../web.ts'
import type { Workspace } from '../workspaces.ts'
import { formOf } from './forms.ts'
import type { View } from './view.ts'
import { formView, lineOfForm, readView, waitingView } from './view.ts'

/** Opens the form of a command; `invocation` has what is settled. Where it comes from: `reference`, if a button had one. */
export async function openForm(
  parts: SlackParts,
  asked: Asked & { readonly triggerId: string },
  { command: name, raw }: Invocation,
  reference?: string,
): Promise<void> {
  const { app } = parts
  const command = app.catalogue.find((candidate) => candidate.name === name)
  if (command === undefined) throw new Refusal('not-understood', `There is no command ${name}.`)
  const kind = formOf(app, name)
  await openFilled(parts, asked, kind.title, async () => {
    const who = { person: personOf(parts, asked.userId), door: 'slack' } as const
    const ask = (asking: string, given: Invocation['raw']): Promise<Reply> =>
      app.execute({ command: asking, raw: given }, who)
    const prepared = await kind.prepare({ app, ask }, raw)
    // A job that is named is settled, but for the one that is only being made.
    const isSettled = (key: string): boolean =>
      raw[key] !== undefined && (key === 'request' || (key === 'job' && name !== 'create'))
    const settled = Object.fromEntries(Object.entries(raw).filter(([key]) => isSettled(key)))
    return formView(
      {
        ...{ title: kind.title, submit: kind.submit, command },
        fields: kind.fields.filter((key) => !isSettled(key)),
        initial: prepared.initial ?? raw,
        choices: prepared.choices ?? {},
        notes: prepared.notes ?? [],
      },
      { line: lineOfForm(name, settled), place: asked.place, reference },
    )
  })
}

/** Opens a view that waits, then puts into it what `fill` makes; a refusal of it is shown there. */
export async function openFilled(
  parts: SlackParts,
  asked: Triggered,
  title: string,
  fill: () => Promise<View>,
): Promise<void> {
  await fillView(parts, asked.workspace, (await openWaiting(asked, title)) ?? '', title, fill)
}

type Triggered = Pick<Asked, 'workspace' | 'formId'> & { readonly triggerId: string }

/** Opens a view that waits; its id. Refuses when the 3 s are over: whoever pressed would look at nothing otherwise. */
export async function openWaiting(
  { workspace, triggerId, formId }: Triggered,
  title: string,
): Promise<string | undefined> {
  const { views } = workspace.client
  const first = { trigger_id: triggerId, view: waitingView(title) }
  try {
    // Out of a form, another one is laid upon it.
    const opened = await call(() => (formId === undefined ? views.open(first) : views.push(first)))
    return opened.view?.id
  } catch (error) {
    if (!(error instanceof SlackRefused && TOO_LATE.test(error.code))) throw error
    throw new Refusal(
      'too-late',
      'Slack opens a form within 3 s only, and Ferry was slower just now. Nothing was done: ask once more.',
    )
  }
}

const TOO_LATE = /^(expired_trigger_id|trigger_expired)$/

export async function fillView(
  parts: Pick<SlackParts, 'app' | 'stopping'>,
  workspace: Workspace,
  viewId: string,
  title: string,
  fill: () => Promise<View>,
): Promise<void> {
  const view = await fill().catch((error: unknown) => refusedView(title, replyOfTrouble(parts, error)))
  await patiently(() => call(() => workspace.client.views.update({ view_id: viewId, view })), parts.stopping)
}

/** Without buttons: what a form was refused is mended in the channel, or in another form. */
export const refusedView = (title: string, reply: Reply): View =>
  readView(title, renderReply({ ...reply, actions: [] }).blocks('classic'))
