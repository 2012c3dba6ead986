/** Forms as Slack shows them: a command's arguments become its fields. */
import type { types } from '@slack/bolt'
import type { App } from '../../../core/app/assemble.ts'
import type { Invocation } from '../../../core/commands/read.ts'
import { lineOf } from '../../../core/commands/read.ts'
import type { Block, Option } from '../render/blocks.ts'
import { LIMITS, option, plain, section, within } from '../render/blocks.ts'
import { cut } from '../render/text.ts'
import type { Place } from '../send.ts'

export type View = types.ModalView
type Command = App['catalogue'][number]
type Field = Command['args'][string]

/** What a form has to know when it comes back; Slack keeps it, signed with the rest. */
export interface FormState {
  /** What is settled already, as a line. */
  readonly line: string
  readonly place?: Place | undefined
  /** Of a form whose button carried one. */
  readonly reference?: string | undefined
}

export interface Form {
  readonly title: string
  readonly submit: string
  readonly command: Command
  /** The fields, in order. */
  readonly fields: readonly string[]
  readonly initial: Readonly<Record<string, string>>
  /** Values to choose from, where the command's own argument does not name them. */
  readonly choices: Readonly<Record<string, readonly Option[]>>
  /** What is shown above the fields: defaults, forecast. */
  readonly notes: readonly Block[]
}

export const FORM = 'form'
export const CONFIRM = 'confirm'
/** Every field's element has it; the block's id is the argument's name. */
export const VALUE = 'value'

export function formView(form: Form, state: FormState): View {
  return {
    ...frame(form.title, [
      ...form.notes,
      ...form.fields.flatMap((key) => {
        const arg = form.command.args[key]
        return arg === undefined ? [] : [field(key, arg, form)]
      }),
    ]),
    callback_id: FORM,
    submit: plain(form.submit, LIMITS.modalTitle),
    private_metadata: metadata(state),
  }
}

/** What a form shows until it is known what it shows. */
export function waitingView(title: string): View {
  return frame(title, [section('Ferry is looking…')])
}

/** A form's end: what came of it, to be read and closed. */
export function readView(title: string, blocks: readonly Block[]): View {
  return frame(title, blocks)
}

/** What cannot be taken back, and the button that does it. */
export function confirmView(title: string, blocks: readonly Block[], state: FormState): View {
  return {
    ...frame(title, blocks),
    callback_id: CONFIRM,
    submit: plain('Yes, do it', LIMITS.modalTitle),
    private_metadata: metadata(state),
  }
}

function frame(title: string, blocks: readonly Block[]): View {
  return {
    type: 'modal',
    title: plain(title, LIMITS.modalTitle),
    close: plain('Close', LIMITS.modalTitle),
    blocks: within(blocks, LIMITS.viewBlocks),
  }
}

/** Longer than Slack keeps, it would come back as something else. */
function metadata(state: FormState): string {
  const text = JSON.stringify(state)
  if (text.length > LIMITS.metadata) throw new Error(`a form cannot keep ${text.length} characters`)
  return text
}

export function stateOf(view: { readonly private_metadata: string }): FormState {
  return JSON.parse(view.private_metadata) as FormState
}

export const lineOfForm = (command: string, raw: Invocation['raw']): string => lineOf({ command, raw })

function field(key: string, arg: Field, { initial, choices }: Form): types.InputBlock {
  const label = `${key.slice(0, 1).toUpperCase()}${key.slice(1).replaceAll('-', ' ')}`
  const isFlag = arg.shape === ''
  return {
    type: 'input',
    block_id: key,
    optional: !arg.required,
    label: plain(label, LIMITS.label),
    ...(isFlag ? {} : { hint: plain(arg.describe, LIMITS.label) }),
    element: element(arg, initial[key], choices[key] ?? wordsOf(arg.shape)),
  }
}

function element(
  arg: Field,
  initial: string | undefined,
  choices: readonly Option[] | undefined,
): types.InputBlock['element'] {
  if (arg.shape === '') {
    const yes: Option = {
      text: plain(cut(arg.describe, LIMITS.optionText), LIMITS.optionText),
      value: 'true',
    }
    const isOn = initial === 'true'
    return {
      type: 'checkboxes',
      action_id: VALUE,
      options: [yes],
      ...(isOn ? { initial_options: [yes] } : {}),
    }
  }
  if (choices !== undefined && choices.length > 0 && choices.length <= LIMITS.options) {
    const chosen = choices.find(({ value }) => value === initial)
    return {
      type: 'static_select',
      action_id: VALUE,
      placeholder: plain('Choose', LIMITS.placeholder),
      options: [...choices],
      ...(chosen === undefined ? {} : { initial_option: chosen }),
    }
  }
  if (choices !== undefined && choices.length > LIMITS.options)
    return {
      type: 'external_select',
      action_id: VALUE,
      placeholder: plain('Choose', LIMITS.placeholder),
      min_query_length: 0,
    }
  return {
    type: 'plain_text_input',
    action_id: VALUE,
    placeholder: plain(arg.shape, LIMITS.placeholder),
    ...(initial === undefined || initial === '' ? {} : { initial_value: initial }),
  }
}

const MOST_NUMBERS = 25

/** `on|off` and `1..10` can be chosen; other shapes are typed. */
function wordsOf(shape: string): readonly Option[] | undefined {
  if (/^[a-z]+(\|[a-z]+)+$/.test(shape)) return shape.split('|').map((word) => option(word, word))
  const [, low, high] = /^([0-9]+)\.\.([0-9]+)$/.exec(shape) ?? []
  if (low === undefined || Number(high) - Number(low) >= MOST_NUMBERS) return undefined
  const count = Number(high) - Number(low) + 1
  return Array.from({ length: count }, (_, at) => option(String(Number(low) + at), String(Number(low) + at)))
}

/** The values that came back, as raw arguments; what was left empty is left out. */
export function readFields(values: FieldValues): Readonly<Record<string, string>> {
  const raw: Record<string, string> = {}
  for (const [key, elements] of Object.entries(values)) {
    const given = elements[VALUE]
    const value =
      given?.selected_options?.[0]?.value ?? given?.selected_option?.value ?? given?.value ?? undefined
    if (value !== undefined && value.trim() !== '') raw[key] = value.trim()
  }
  return raw
}

/** The state of a view's fields, as far as Ferry's forms have any. */
export type FieldValues = Readonly<
  Record<
    string,
    Readonly<
      Record<
        string,
        {
          readonly value?: string | null
          readonly selected_option?: { readonly value?: string } | null
          readonly selected_options?: readonly { readonly value?: string }[]
        }
      >
    >
  >
>

/** A form as it came back. */
export interface Sent {
  readonly viewId: string
  readonly state: FormState
  readonly fields: readonly string[]
  readonly values: FieldValues
}
