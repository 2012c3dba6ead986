/** Messages on their way to Slack: down the ladder when blocks are refused, once though they may be sent twice. */
import type { SlackParts } from './parts.ts'
import type { Message, Rendering, Tier } from './render/rendering.ts'
import { messageOf, TIERS } from './render/rendering.ts'
import { call, isAboutBlocks, isTooLong, SlackAway, SlackBusy, SlackRefused } from './web.ts'
import type { Workspace } from './workspaces.ts'

export interface Place {
  readonly channel: string
  /** The message in whose thread it is to stand. */
  readonly thread?: string | undefined
}

/** A message that stands. */
export interface Standing {
  readonly channel: string
  readonly ts: string
  /** It was put up before, and shows what was true then. */
  readonly isOld?: true
}

/** What a message of Ferry's is known by when it is looked for. */
const EVENT_TYPE = 'ferry_message'
const LOOK_BACK = 100
/** Of a thread all is looked through that was written while Slack may have been away; it gives so much at once. */
const THREAD_BACK_MS = 12 * 3_600_000
const THREAD_LOOK_BACK = 999

/**
 * Sends with the richest blocks that the workspace takes. When it refuses them and takes lesser ones instead, that is
 * remembered: of charts by themselves, since they are newer than the rest. Throws what `call` throws.
 */
export async function withLadder<T>(
  { app, workspaces }: Pick<SlackParts, 'app' | 'workspaces'>,
  workspace: Workspace,
  rendering: Rendering,
  send: (message: Message) => Promise<T>,
): Promise<T> {
  const charts = { ...workspace, id: `${workspace.id}:charts` }
  const tiers = await tiersOf(workspaces, workspace, charts, rendering)
  let isKind = true
  for (const [at, tier] of tiers.entries()) {
    try {
      const sent = await send(messageOf(rendering, tier))
      if (at > 0 && isKind && tier === 'rich') await workspaces.refuses(charts)
      if (at > 0 && isKind && tier === 'classic') await workspaces.refuses(workspace)
      return sent
    } catch (error) {
      if (!isAboutBlocks(error) || at === tiers.length - 1) throw error
      // What is too long says nothing about the kinds of blocks that the workspace takes.
      isKind = !isTooLong(error)
      app.log.warn('slack refuses the blocks of a message', { tier, error })
    }
  }
  throw new Error('there is no way to send a message')
}

async function tiersOf(
  workspaces: SlackParts['workspaces'],
  workspace: Workspace,
  charts: Workspace,
  { hasCharts }: Rendering,
): Promise<readonly Tier[]> {
  if (await workspaces.isPlain(workspace)) return TIERS.slice(2)
  return hasCharts === true && !(await workspaces.isPlain(charts)) ? TIERS : TIERS.slice(1)
}

/**
 * Puts a message up. `id`: names it for ever; with it and `again`, what may stand already is looked for first, so that
 * a send whose answer was lost does not show it twice.
 */
export async function putUp(
  parts: Pick<SlackParts, 'app' | 'workspaces'>,
  workspace: Workspace,
  place: Place,
  rendering: Rendering,
  named?: { readonly id: string; readonly again: boolean },
): Promise<Standing> {
  if (named?.again === true) {
    const found = await lookFor(parts.app.now(), workspace, place, named.id)
    if (found !== undefined) return found
  }
  return withLadder(parts, workspace, rendering, async (message) => {
    const { channel, ts } = await call(() =>
      workspace.client.chat.postMessage({
        ...message,
        channel: place.channel,
        ...(place.thread === undefined ? {} : { thread_ts: place.thread }),
        ...(named === undefined
          ? {}
          : { metadata: { event_type: EVENT_TYPE, event_payload: { id: named.id } } }),
        unfurl_links: false,
        unfurl_media: false,
      }),
    )
    if (channel === undefined || ts === undefined) throw new SlackAway('Slack did not say where a message is')
    return { channel, ts }
  })
}

/** Looks for a message of this id among the latest of its place. */
async function lookFor(
  now: Date,
  workspace: Workspace,
  place: Place,
  id: string,
): Promise<Standing | undefined> {
  const asked = { channel: place.channel, include_all_metadata: true }
  const oldest = String((now.getTime() - THREAD_BACK_MS) / 1000)
  const { messages = [] } = await call<{ messages?: { ts?: string; metadata?: object }[] }>(() =>
    place.thread === undefined
      ? workspace.client.conversations.history({ ...asked, limit: LOOK_BACK })
      : // Slack gives a thread from its beginning on, a channel from its end.
        workspace.client.conversations.replies({
          ...asked,
          ts: place.thread,
          oldest,
          limit: THREAD_LOOK_BACK,
        }),
  )
  const found = messages.find(({ metadata }) => {
    const { event_type, event_payload } = (metadata ?? {}) as {
      event_type?: string
      event_payload?: { id?: unknown }
    }
    return event_type === EVENT_TYPE && event_payload?.id === id
  })
  return found?.ts === undefined ? undefined : { channel: place.channel, ts: found.ts, isOld: true }
}

/** Makes a message that stands show something else. Repeatable. */
export async function edit(
  parts: Pick<SlackParts, 'app' | 'workspaces'>,
  workspace: Workspace,
  { channel, ts }: Standing,
  rendering: Rendering,
): Promise<void> {
  await withLadder(parts, workspace, rendering, (message) =>
    // An edit without blocks would leave the former ones standing.
    call(() => workspace.client.chat.update({ ...message, blocks: message.blocks ?? [], channel, ts })),
  )
}

export interface ResponseOptions {
  readonly response_type?: 'ephemeral' | 'in_channel'
  readonly replace_original?: boolean
  readonly delete_original?: boolean
}

/** Answers at the address that came with a request, which works where Ferry is no member, five times in half an hour. */
export async function respond(
  parts: SlackParts,
  workspace: Workspace,
  url: string,
  rendering: Rendering,
  options: ResponseOptions,
): Promise<void> {
  await withLadder(parts, workspace, rendering, (message) => sendTo(parts, url, { ...message, ...options }))
}

/** Takes away the message whose button was pressed. */
export async function takeAway(parts: SlackParts, url: string): Promise<void> {
  await sendTo(parts, url, { delete_original: true })
}

const TIMEOUT_MS = 10_000

async function sendTo({ responseBases }: SlackParts, url: string, body: object): Promise<void> {
  // Only to Slack itself: the address came with the request.
  if (!responseBases.some((base) => url.startsWith(base))) throw new SlackRefused('not_slack')
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new SlackAway('Slack does not answer', { cause: error })
  })
  const text = await response.text().catch(() => '')
  if (response.status === 429) throw new SlackBusy(Number(response.headers.get('retry-after') ?? 1) * 1000)
  if (response.status >= 500) throw new SlackAway(`Slack answers ${response.status}`)
  const refusal = /"error":\s*"([a-z_]+)"/.exec(text)?.[1] ?? (response.ok ? undefined : text.slice(0, 60))
  if (refusal !== undefined) throw new SlackRefused(refusal)
}
