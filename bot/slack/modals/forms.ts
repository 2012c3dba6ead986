/** Which forms there are: a command that has none of its own gets one made of its arguments. */
import type { Reply } from '../../../core/commands/reply.ts'
import type { SlackParts } from '../parts.ts'
import type { Block, Option } from '../render/blocks.ts'
import { complete } from './complete.ts'
import { create } from './create.ts'
import { interval } from './interval.ts'
import { verify } from './verify.ts'

type Raw = Readonly<Record<string, string>>

/** What a form is prepared with: it looks at Ferry as the person who opened it. */
export interface Desk {
  readonly app: SlackParts['app']
  readonly ask: (command: string, raw: Raw) => Promise<Reply>
}

export interface Prepared {
  readonly initial?: Raw
  readonly choices?: Readonly<Record<string, readonly Option[]>>
  readonly notes?: readonly Block[]
}

export interface FormKind {
  readonly title: string
  readonly submit: string
  /** The arguments that it asks for, in order; those that are settled are left out. */
  readonly fields: readonly string[]
  /** Looks up defaults, choices and what the person should know first. Repeatable. */
  readonly prepare: (desk: Desk, raw: Raw) => Promise<Prepared>
}

const FORMS: Readonly<Record<string, FormKind>> = { complete, create, interval, verify }

export function formOf(app: Pick<SlackParts['app'], 'catalogue'>, command: string): FormKind {
  const own = FORMS[command]
  if (own !== undefined) return own
  const { args = {} } = app.catalogue.find(({ name }) => name === command) ?? {}
  const title = `${command.slice(0, 1).toUpperCase()}${command.slice(1)}`
  return { title, submit: title, fields: Object.keys(args), prepare: async () => ({}) }
}
