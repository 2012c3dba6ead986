/** Buttons and menus: what was pressed, where, and what it asks. */
import { readInvocation } from '../../core/commands/read.ts'
import { done } from '../../core/commands/reply.ts'
import { answerInvocation, refusing } from './answer.ts'
import type { Asked } from './asked.ts'
import { tellAsker } from './asked.ts'
import { pressHome, showHome } from './home.ts'
import { openForm } from './modals/open.ts'
import { showInForm } from './modals/show.ts'
import type { SlackParts } from './parts.ts'
import { readHomeState } from './render/home.ts'
import { renderReply } from './render/reply.ts'
import { takeAway } from './send.ts'
import { patiently } from './web.ts'
import { lookAtReference, useReference } from './use-reference.ts'

/** What was pressed. */
export interface Pressed {
  /** The whole id of the action. */
  readonly action: string
  /** `run`, `form`, `ref`, `pick`, `leave` and so on: the part of the action's id before the colon. */
  readonly kind: string
  readonly value: string
  readonly blockId: string
  /** The message is one that only the asker sees. */
  readonly isOwn: boolean
  /** The view that it stands in: the App Home or a form. */
  readonly view?:
    { readonly id: string; readonly type: string; readonly private_metadata: string } | undefined
}

/** A second press within this time is the same press to whoever pressed. */
const TWICE_MS = 3000

export type Press = (parts: SlackParts, asked: Asked, pressed: Pressed) => Promise<unknown>

/** By the kind of action. What is not here does nothing. */
export const PRESSES: Readonly<Record<string, Press>> = {
  /** A whole command. In the Home there is no channel to answer in: a form is. */
  run: async (parts, asked, { value, view }) => {
    const { app } = parts
    const key = `slack:press ${asked.userId} ${asked.place?.channel ?? ''} ${asked.place?.thread ?? ''} ${value}`
    if (!(await app.firstSeen(key, TWICE_MS).catch(() => true))) return
    const answer = view?.type === 'home' ? showInForm : answerInvocation
    await answer(parts, asked, readInvocation(value, app.catalogue))
  },

  /** A command that has more to ask: its form, with what is settled. */
  form: async (parts, asked, { value }) => {
    if (asked.triggerId === undefined) return
    const invocation = readInvocation(value, parts.app.catalogue)
    await openForm(parts, { ...asked, triggerId: asked.triggerId }, invocation)
  },

  /** A one-time reference. A meaning that lacks something asks for it by a form; the form uses the reference. */
  ref: async (parts, asked, { value, isOwn }) => {
    const meaning = await lookAtReference(parts, asked, value)
    if (meaning === undefined) return
    const command = parts.app.catalogue.find(({ name }) => name === meaning.command)
    const lacks = Object.entries(command?.args ?? {}).some(
      ([key, arg]) => arg.required && meaning.raw[key] === undefined,
    )
    if (lacks && asked.triggerId !== undefined)
      return openForm(parts, { ...asked, triggerId: asked.triggerId }, meaning, value)
    await useReference(parts, asked, value, async ({ confirmed, ...invocation }) => {
      const reply = await answerInvocation(parts, asked, invocation, { confirmed })
      // The question was answered; it stood for the asker only. One that was refused can be asked once more.
      if (isOwn && reply?.outcome !== 'refused') await leave(parts, asked)
      return reply
    })
  },

  /** A job out of the menu, for the command that lacked one. */
  pick: async (parts, asked, { value, blockId }) => {
    const line = `${blockId.replace(/^pick:/, '')} job=${value}`
    const invocation = readInvocation(line, parts.app.catalogue)
    const command = parts.app.catalogue.find(({ name }) => name === invocation.command)
    const lacks = Object.entries(command?.args ?? {}).some(
      ([key, arg]) => arg.required && invocation.raw[key] === undefined,
    )
    if (lacks && asked.triggerId !== undefined)
      return openForm(parts, { ...asked, triggerId: asked.triggerId }, invocation)
    const reply = await answerInvocation(parts, asked, invocation)
    if (reply?.outcome !== 'refused') await leave(parts, asked)
  },

  leave: async (parts, asked) =>
    asked.formId === undefined
      ? leave(parts, asked)
      : tellAsker(parts, asked, renderReply(done('left', 'Left as it is; nothing was changed.'))),

  home: pressHome,
}

async function leave(parts: SlackParts, { responseUrl }: Asked): Promise<void> {
  if (responseUrl !== undefined) await patiently(() => takeAway(parts, responseUrl), parts.stopping)
}

/** Carries out what was pressed; a refusal is told to whoever pressed it. */
export async function press(parts: SlackParts, asked: Asked, pressed: Pressed): Promise<void> {
  const meant = PRESSES[pressed.kind]
  if (meant === undefined) return
  const isHome = pressed.view?.type === 'home'
  await refusing(parts, asked, () => meant(parts, asked, pressed))
  // What was done from the Home, or from a form that it opened, shows there at once.
  if (pressed.kind === 'run' && pressed.view !== undefined)
    await showHome(parts, asked, isHome ? readHomeState(pressed.view.private_metadata) : undefined)
}
