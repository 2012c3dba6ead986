/** What Slack sends, as what Ferry is asked. Every listener answers Slack first and works afterwards. */
import type { App as BoltApp, BlockAction, BlockElementAction, ViewSubmitAction } from '@slack/bolt'
import { Refusal } from '../../core/commands/reply.ts'
import { press } from './actions.ts'
import { answerLine, refusing } from './answer.ts'
import type { Asked } from './asked.ts'
import { showHome } from './home.ts'
import { openForm } from './modals/open.ts'
import { askOnceMore, carryOut, checkForm } from './modals/submit.ts'
import type { Sent } from './modals/view.ts'
import { CONFIRM, FORM, stateOf, waitingView } from './modals/view.ts'
import type { Once } from './once.ts'
import type { SlackParts } from './parts.ts'
import { jobsSeen, optionsFor } from './picker.ts'
import type { Option } from './render/blocks.ts'
import { readHomeState } from './render/home.ts'
import type { Source } from './workspaces.ts'
import { idOf } from './workspaces.ts'

/** Slack sends an event that nobody took again after minutes and hours: what was meant then is not done now. */
const LATE_MS = 300_000
/** A menu must be filled within 3 s; without its options it says that there are none. */
const OPTIONS_WITHIN_MS = 2000

export function listen(slack: BoltApp, parts: SlackParts, once: Once): void {
  const { workspaces } = parts
  const begin = (
    id: string | undefined,
    context: Source,
    where: Omit<Asked, 'workspace'>,
    work: (asked: Asked) => Promise<unknown>,
  ): void => once.begin(id, async () => work({ ...where, workspace: await workspaces.of(context) }))

  slack.command(/.*/, async ({ command, ack, context }) => {
    await ack()
    const { user_id: userId, channel_id: channel, response_url: responseUrl, trigger_id: triggerId } = command
    const where = { userId, place: { channel }, channelName: command.channel_name, responseUrl, triggerId }
    begin(triggerId, sourceOf(context), where, (asked) => answerLine(parts, asked, command.text))
  })

  slack.action<BlockAction>(/.*/, async ({ body, action, ack, context }) => {
    await ack()
    const formId = body.view?.type === 'modal' ? body.view.id : undefined
    const where = { ...placeOf(body), userId: body.user.id, triggerId: body.trigger_id, formId }
    const pressed = {
      action: action.action_id,
      kind: action.action_id.split(':')[0] ?? '',
      value: valueOf(action),
      blockId: action.block_id,
      isOwn: body.container['is_ephemeral'] === true,
      view: body.view,
    }
    begin(`${body.trigger_id} ${action.action_id}`, sourceOf(context), where, (asked) =>
      press(parts, asked, pressed),
    )
  })

  slack.options(/.*/, async ({ options, body, ack }) => {
    const found = jobsSeen(parts, body.user.id).then((jobs) => optionsFor(jobs, options.value))
    const late = new Promise<Option[]>((resolve) => {
      setTimeout(() => resolve([]), OPTIONS_WITHIN_MS).unref()
    })
    const inTime = await Promise.race([found.catch(() => []), late])
    await ack({ options: [...inTime] })
  })

  slack.view<ViewSubmitAction>(
    { callback_id: FORM, type: 'view_submission' },
    async ({ body, view, ack, context }) => {
      const sent: Sent = {
        viewId: view.id,
        state: stateOf(view),
        fields: view.blocks.flatMap(({ type, block_id: id }) =>
          type === 'input' && id !== undefined ? [id] : [],
        ),
        values: view.state.values,
      }
      const checked = checkForm(parts, sent)
      if (Object.keys(checked.errors).length > 0)
        return ack({ response_action: 'errors', errors: { ...checked.errors } })
      await (checked.isFinal ? ack({ response_action: 'update', view: waitingView(view.title.text) }) : ack())
      begin(body.trigger_id, sourceOf(context), fromForm(body.user.id, sent), (asked) =>
        refusing(parts, asked, () =>
          checked.isFinal
            ? askOnceMore(parts, asked, sent, checked)
            : carryOut(parts, asked, sent.state, checked.invocation),
        ),
      )
    },
  )

  slack.view<ViewSubmitAction>(
    { callback_id: CONFIRM, type: 'view_submission' },
    async ({ body, view, ack, context }) => {
      await ack()
      const state = stateOf(view)
      begin(body.trigger_id, sourceOf(context), fromForm(body.user.id, { state }), (asked) =>
        refusing(parts, asked, () => carryOut(parts, asked, state, undefined)),
      )
    },
  )

  slack.shortcut(/.*/, async ({ shortcut, ack, context }) => {
    await ack()
    const where = {
      userId: shortcut.user.id,
      place: undefined,
      responseUrl: undefined,
      triggerId: shortcut.trigger_id,
    }
    begin(shortcut.trigger_id, sourceOf(context), where, (asked) =>
      refusing(parts, asked, () =>
        openForm(
          parts,
          { ...asked, triggerId: shortcut.trigger_id },
          { command: shortcut.callback_id, raw: {} },
        ),
      ),
    )
  })

  slack.event('app_mention', async ({ event, body, context }) => {
    // Bots talk to bots for ever.
    if (event.user === undefined || event.bot_id !== undefined) return
    const where = {
      userId: event.user,
      place: { channel: event.channel, thread: event.thread_ts ?? event.ts },
      ...{ responseUrl: undefined, triggerId: undefined },
    }
    const line = event.text.replace(/^\s*<@[UW][^>]*>\s*/, '')
    const lateMs = parts.app.now().getTime() - body.event_time * 1000
    begin(body.event_id, sourceOf(context), where, (asked) =>
      lateMs > LATE_MS ? refuseLate(parts, asked, lateMs) : answerLine(parts, asked, line),
    )
  })

  slack.event('app_home_opened', async ({ event, body, context }) => {
    if (event.tab !== 'home') return
    const where = { userId: event.user, place: undefined, responseUrl: undefined, triggerId: undefined }
    // As they left it; an event that comes late does not take away what they have chosen since.
    const left: { readonly private_metadata?: string; readonly hash?: string } = event.view ?? {}
    begin(body.event_id, sourceOf(context), where, (asked) =>
      showHome(parts, asked, readHomeState(left.private_metadata ?? ''), left.hash),
    )
  })

  slack.event('app_uninstalled', async ({ body, context }) => {
    once.begin(body.event_id, () => workspaces.forget(idOf(sourceOf(context))))
  })

  slack.event('tokens_revoked', async ({ event, body, context }) => {
    // Of a person's token Ferry keeps none.
    if ((event.tokens.bot ?? []).length === 0) return
    once.begin(body.event_id, () => workspaces.forget(idOf(sourceOf(context))))
  })

  // What nobody listens to is answered too: Slack would send it again.
  slack.event(/.*/, async () => undefined)
}

/** Whoever wrote it did so while Ferry was away, and may have done something else since. */
const refuseLate = (parts: SlackParts, asked: Asked, lateMs: number): Promise<void> =>
  refusing(parts, asked, async () => {
    throw new Refusal(
      'too-late',
      `This reached Ferry ${Math.round(lateMs / 60_000)} min after it was written, so nothing was done. Write it again if you still want it.`,
    )
  })

const sourceOf = (context: {
  readonly teamId?: string
  readonly enterpriseId?: string
  readonly isEnterpriseInstall: boolean
}): Source => ({
  teamId: context.teamId,
  enterpriseId: context.enterpriseId,
  isEnterpriseInstall: context.isEnterpriseInstall,
})

/** A button is answered in the thread of its message; what only one person sees has none. */
function placeOf(body: BlockAction): Pick<Asked, 'place' | 'channelName' | 'responseUrl'> {
  const { channel, message, container, response_url: responseUrl } = body
  if (channel === undefined) return { place: undefined, responseUrl: undefined }
  const isOwn = container['is_ephemeral'] === true
  const thread = (message?.['thread_ts'] as string | undefined) ?? (isOwn ? undefined : message?.ts)
  return { place: { channel: channel.id, thread }, channelName: channel.name, responseUrl }
}

const fromForm = (userId: string, { state }: Pick<Sent, 'state'>): Omit<Asked, 'workspace'> => ({
  ...{ userId, place: state.place, responseUrl: undefined, triggerId: undefined },
})

function valueOf(action: BlockElementAction): string {
  const { value, selected_option } = action as {
    readonly value?: string
    readonly selected_option?: { readonly value?: string } | null
  }
  return value ?? selected_option?.value ?? ''
}
