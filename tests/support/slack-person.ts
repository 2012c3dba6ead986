/** A person at Slack: types, presses and sends forms, as signed requests to the running bot. */
import { createHmac, randomUUID } from 'node:crypto'
import { SLACK_SECRET } from './bot.ts'
import type { SlackWorkspace } from './slack-workspace.ts'

type Loose = Readonly<Record<string, unknown>>

export interface Answer {
  readonly status: number
  readonly text: string
  readonly ms: number
}

/** Something with blocks: a message of a channel, an answer, a view. */
export type Shown = Loose & { readonly blocks?: unknown }

export interface SlackPerson {
  readonly userId: string
  /** Types `/ferry <text>` in the channel. */
  types(text: string): Promise<Answer>
  /** Mentions Ferry in the channel. `agoSeconds`: Slack brings it so late. */
  mentions(text: string, agoSeconds?: number): Promise<Answer>
  /** Presses the button of this label (or its beginning). `own`: the message is one that only they see. */
  presses(shown: Shown, label: string, how?: { readonly own?: boolean }): Promise<Answer>
  /** Chooses a value in the menu of a message. */
  chooses(shown: Shown, value: string): Promise<Answer>
  /** Types into the menu of a message; the labels that it offers. */
  searches(typed: string): Promise<readonly string[]>
  /** Sends a form with these values by field. */
  sends(view: Shown, values: Readonly<Record<string, string | boolean>>): Promise<Answer>
  /** Opens Ferry's Home. `left`: as it stands. */
  opensHome(left?: Shown): Promise<Answer>
}

/** A request as Slack signs it. `aheadSeconds`: by how much its clock is ahead. */
export function signed(body: string, aheadSeconds = 0, secret = SLACK_SECRET): RequestInit {
  const time = String(Math.floor(Date.now() / 1000) + aheadSeconds)
  const signature = createHmac('sha256', secret).update(`v0:${time}:${body}`).digest('hex')
  return {
    method: 'POST',
    body,
    headers: {
      'content-type': body.startsWith('{') ? 'application/json' : 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': time,
      'x-slack-signature': `v0=${signature}`,
    },
  }
}

interface Seat {
  readonly url: string
  readonly workspace: SlackWorkspace
  readonly user: string
  readonly channel: string
  /** What brings a signed request to the bot; left out: it goes there at once. */
  readonly bring?: (request: RequestInit) => Promise<Response>
}

export function slackPerson({ url, workspace, user, channel: channelName, ...seat }: Seat): SlackPerson {
  const { bring = (request: RequestInit) => fetch(`${url}/slack/events`, request) } = seat
  const userId = workspace.userId(user)
  const channel = workspace.channelId(channelName)
  const base = {
    team: { id: 'T000000001', domain: 'acme' },
    user: { id: userId, name: user },
    api_app_id: 'A1',
  }

  const post = async (body: string): Promise<Answer> => {
    const begun = performance.now()
    const response = await bring(signed(body))
    const text = await response.text()
    return { status: response.status, text, ms: performance.now() - begun }
  }
  const payload = (what: Loose): Promise<Answer> =>
    post(new URLSearchParams({ payload: JSON.stringify({ ...base, token: 't', ...what }) }).toString())
  const act = async (shown: Shown, element: Loose & { block: string }, more: Loose, own: boolean) => {
    const isView = shown['type'] === 'modal' || shown['type'] === 'home'
    const ts = typeof shown['ts'] === 'string' ? shown['ts'] : '0'
    const { block, ...action } = element
    return payload({
      type: 'block_actions',
      trigger_id: await workspace.triggerId(user),
      ...(isView
        ? {
            container: { type: 'view', view_id: shown['id'] },
            view: { id: 'V1', private_metadata: '', ...shown },
          }
        : {
            container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: own },
            channel: { id: channel, name: channelName },
            response_url: workspace.responseUrl(channel),
            ...(own ? {} : { message: { type: 'message', ts, thread_ts: shown['thread_ts'] } }),
          }),
      actions: [{ ...action, block_id: block, action_ts: ts, ...more }],
    })
  }

  return {
    userId,
    types: async (text) =>
      post(
        new URLSearchParams({
          ...{ command: '/ferry', text, user_id: userId, user_name: user },
          ...{ team_id: 'T000000001', channel_id: channel, channel_name: channelName },
          trigger_id: await workspace.triggerId(user),
          response_url: workspace.responseUrl(channel),
        }).toString(),
      ),
    mentions: (text, agoSeconds = 0) =>
      post(
        JSON.stringify({
          ...{ type: 'event_callback', team_id: 'T000000001', event_id: randomUUID(), token: 't' },
          event_time: Math.floor(Date.now() / 1000) - agoSeconds,
          event: {
            ...{ type: 'app_mention', user: userId, channel, ts: `${Date.now() / 1000}` },
            text: `<@${workspace.botUserId}> ${text}`,
          },
        }),
      ),
    presses: (shown, label, { own = false } = {}) => act(shown, buttonOf(shown, label), {}, own),
    chooses: (shown, value) => {
      const menu = elementsOf(shown).find(({ type }) => String(type).endsWith('_select'))
      if (menu === undefined) throw new Error(`there is no menu in ${JSON.stringify(shown)}`)
      return act(shown, menu, { selected_option: { value } }, true)
    },
    searches: async (typed) => {
      const { text } = await payload({
        type: 'block_suggestion',
        value: typed,
        action_id: 'pick',
        block_id: 'b',
      })
      const { options } = JSON.parse(text) as { options: { text: { text: string } }[] }
      return options.map((option) => option.text.text)
    },
    sends: async (view, values) => {
      const state = Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, { value: fieldValue(view, key, value) }]),
      )
      return payload({
        type: 'view_submission',
        trigger_id: await workspace.triggerId(user),
        view: { ...view, state: { values: state } },
      })
    },
    opensHome: (left) =>
      post(
        JSON.stringify({
          ...{ type: 'event_callback', team_id: 'T000000001', event_id: randomUUID(), token: 't' },
          event: {
            ...{ type: 'app_home_opened', user: userId, channel: 'D1', tab: 'home' },
            ...(left === undefined ? {} : { view: left }),
          },
        }),
      ),
  }
}

function fieldValue(view: Shown, key: string, value: string | boolean): Loose {
  const block = (view.blocks as Loose[]).find((each) => each['block_id'] === key)
  const type = (block?.['element'] as Loose | undefined)?.['type']
  if (type === 'checkboxes') return { type, selected_options: value === true ? [{ value: 'true' }] : [] }
  if (type === 'static_select' || type === 'external_select')
    return { type, selected_option: value === '' ? null : { value } }
  if (type === undefined) throw new Error(`the form has no field ${key}`)
  return { type, value }
}

type Found = Loose & { readonly block: string; readonly type: unknown }

function elementsOf({ blocks }: { readonly blocks?: unknown }): readonly Found[] {
  return ((blocks as Loose[] | undefined) ?? []).flatMap((block, at) =>
    [...((block['elements'] as Loose[] | undefined) ?? []), block['accessory'] as Loose | undefined].flatMap(
      (element) =>
        element?.['action_id'] === undefined
          ? []
          : [
              {
                ...element,
                type: element['type'],
                block: typeof block['block_id'] === 'string' ? block['block_id'] : `b${at}`,
              },
            ],
    ),
  )
}

/** The labels of all buttons. */
export function labelsOf(shown: { readonly blocks?: unknown }): readonly string[] {
  return elementsOf(shown).flatMap((element) =>
    element.type === 'button' ? [String((element['text'] as Loose)['text'])] : [],
  )
}

function buttonOf(shown: Shown, label: string): Found {
  const found = elementsOf(shown).find(
    (element) => element.type === 'button' && String((element['text'] as Loose)['text']).startsWith(label),
  )
  if (found === undefined)
    throw new Error(`there is no button ${label} among ${labelsOf(shown).join(', ') || 'none'}`)
  return found
}

/** All that can be read in blocks, for looking at what was said. */
export function wordsOf(shown: { readonly blocks?: unknown }): string {
  const texts: string[] = []
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk)
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value))
        if (['text', 'title', 'caption'].includes(key) && typeof inner === 'string') texts.push(inner)
        else walk(inner)
  }
  walk(shown.blocks)
  return texts.join('\n')
}
