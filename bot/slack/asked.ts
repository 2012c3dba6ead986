/** Where something was asked, and the two ways to answer there: to the one who asked, or to everybody. */
import { readView } from './modals/view.ts'
import type { SlackParts } from './parts.ts'
import { sections } from './render/blocks.ts'
import type { Rendering } from './render/rendering.ts'
import type { Place, Standing } from './send.ts'
import { putUp, respond, withLadder } from './send.ts'
import { call, patiently, SlackRefused } from './web.ts'
import type { Workspace } from './workspaces.ts'

export interface Asked {
  readonly workspace: Workspace
  readonly userId: string
  /** Undefined where there is no channel: in the App Home, or a form that was opened there. */
  readonly place: Place | undefined
  /** The channel's name without #, where Slack says it. */
  readonly channelName?: string | undefined
  readonly responseUrl: string | undefined
  /** A form that is open: what is answered is shown in it. */
  readonly formId?: string | undefined
  /** Opens one form within 3 s. */
  readonly triggerId: string | undefined
}

/** Answers to the one who asked only; a direct message where nothing else is left. `replace`: the message pressed. */
export async function tellAsker(
  parts: SlackParts,
  asked: Asked,
  rendering: Rendering,
  options: { readonly replace?: boolean } = {},
): Promise<void> {
  const { workspace, userId, place, responseUrl, formId } = asked
  if (formId !== undefined) return showIn(parts, workspace, formId, rendering)
  if (responseUrl !== undefined)
    return patiently(
      () =>
        respond(parts, workspace, responseUrl, rendering, {
          response_type: 'ephemeral',
          replace_original: options.replace ?? false,
        }),
      parts.stopping,
    )
  if (place !== undefined)
    try {
      await patiently(
        () =>
          withLadder(parts, workspace, rendering, (message) =>
            call(() =>
              workspace.client.chat.postEphemeral({
                ...message,
                channel: place.channel,
                user: userId,
                ...(place.thread === undefined ? {} : { thread_ts: place.thread }),
              }),
            ),
          ),
        parts.stopping,
      )
      return
    } catch (error) {
      if (!isOutside(error)) throw error
    }
  await sendTo(parts, asked, { channel: userId }, rendering)
}

/**
 * Tells everybody where it was asked: `short` in a channel, with `detail` in its thread; `inThread` in a thread. Where
 * Ferry is no member, the address of the request is answered instead, with `whole`; a form has none, so whoever sent it
 * is told directly: it has happened, and somebody must hear of it.
 */
export async function tellAll(
  parts: SlackParts,
  asked: Asked,
  texts: {
    readonly short: Rendering
    readonly detail?: Rendering
    readonly inThread: Rendering
    readonly whole: Rendering
  },
): Promise<Standing | undefined> {
  const { workspace, place, responseUrl, formId } = asked
  if (formId !== undefined) {
    await showIn(parts, workspace, formId, texts.whole)
    return undefined
  }
  if (place === undefined) return sendTo(parts, asked, { channel: asked.userId }, texts.whole)
  try {
    if (place.thread !== undefined) return await sendTo(parts, asked, place, texts.inThread)
    const standing = await sendTo(parts, asked, place, texts.short)
    const { detail } = texts
    if (detail !== undefined)
      await sendTo(parts, asked, { channel: standing.channel, thread: standing.ts }, detail)
    return standing
  } catch (error) {
    if (!isOutside(error)) throw error
    if (responseUrl === undefined) return sendTo(parts, asked, { channel: asked.userId }, texts.whole)
    const options = { response_type: 'in_channel', replace_original: false } as const
    await patiently(() => respond(parts, workspace, responseUrl, texts.whole, options), parts.stopping)
    return undefined
  }
}

/** Puts an answer into a form that is open. */
async function showIn(
  parts: SlackParts,
  workspace: Workspace,
  formId: string,
  rendering: Rendering,
): Promise<void> {
  // What a form refuses says nothing about messages: it is remembered apart.
  const form = { ...workspace, id: `${workspace.id}:form` }
  await patiently(
    () =>
      withLadder(parts, form, rendering, ({ text, blocks }) =>
        call(() =>
          workspace.client.views.update({
            view_id: formId,
            view: readView('Ferry', blocks ?? sections([text])),
          }),
        ),
      ),
    parts.stopping,
  )
}

let nth = 0
const START = Date.now().toString(36)

async function sendTo(
  parts: SlackParts,
  { workspace }: Asked,
  place: Place,
  rendering: Rendering,
): Promise<Standing> {
  const id = `${START}-${process.pid}-${(nth += 1)}`
  return patiently((again) => putUp(parts, workspace, place, rendering, { id, again }), parts.stopping)
}

/** Ferry, or the person, does not belong to the channel. */
export function isOutside(error: unknown): boolean {
  return (
    error instanceof SlackRefused &&
    /^(not_in_channel|channel_not_found|user_not_in_channel|is_archived|restricted_action)/.test(error.code)
  )
}
