/** The App Home: shown when somebody opens it, and again when they have pressed something there. */
import type { Asked } from './asked.ts'
import type { Pressed } from './actions.ts'
import { showInForm } from './modals/show.ts'
import type { SlackParts } from './parts.ts'
import { personOf } from './person.ts'
import type { HomeState } from './render/home.ts'
import { HOME, readHomeState, renderHome } from './render/home.ts'
import { renderReply } from './render/reply.ts'
import type { Rendering } from './render/rendering.ts'
import { withLadder } from './send.ts'
import { replyOfTrouble } from './trouble.ts'
import { call, patiently, SlackRefused } from './web.ts'

/**
 * Publishes the Home of whoever opened it. `after`: the hash of the Home that it is to follow; when another one was
 * published since, that one stays.
 */
export async function showHome(
  parts: SlackParts,
  asked: Asked,
  state: HomeState = HOME,
  after?: string,
): Promise<void> {
  const { client, id } = asked.workspace
  // What a Home refuses says nothing about messages: it is remembered apart.
  const home = { client, id: `${id}:home` }
  const rendering = await renderingOf(parts, asked, state)
  await patiently(
    () =>
      withLadder(parts, home, rendering, ({ text, blocks }) =>
        call(() =>
          client.views.publish({
            user_id: asked.userId,
            ...(after === undefined ? {} : { hash: after }),
            view: {
              type: 'home',
              private_metadata: JSON.stringify(state),
              blocks: blocks ?? [{ type: 'section', text: { type: 'mrkdwn', text: text.slice(0, 3000) } }],
            },
          }),
        ),
      ),
    parts.stopping,
  ).catch((error: unknown) => {
    if (!(error instanceof SlackRefused && error.code === 'hash_conflict')) throw error
  })
}

async function renderingOf(parts: SlackParts, { userId }: Asked, state: HomeState): Promise<Rendering> {
  try {
    personOf(parts, userId)
    return renderHome(await parts.app.fleet(state.text === '' ? {} : { text: state.text }), state)
  } catch (error) {
    return renderReply(replyOfTrouble(parts, error))
  }
}

/** What is pressed in the Home itself: filters, pages, a job to be opened. */
export async function pressHome(parts: SlackParts, asked: Asked, pressed: Pressed): Promise<void> {
  const before = readHomeState(pressed.view?.private_metadata ?? '')
  switch (pressed.action) {
    case 'home:open':
      return showInForm(parts, asked, { command: 'status', raw: { job: pressed.value } })
    case 'home:filter':
      return showHome(parts, asked, { ...before, filter: pressed.value as HomeState['filter'], from: 0 })
    case 'home:search':
      return showHome(parts, asked, { ...before, text: pressed.value.trim().toLowerCase(), from: 0 })
    case 'home:page:back':
    case 'home:page:on':
      return showHome(parts, asked, { ...before, from: Number(pressed.value) })
    default:
      return showHome(parts, asked, before)
  }
}
