/** What Slack refuses of messages and views, as its documentation says: a message over one limit is refused whole. */

type Loose = Readonly<Record<string, unknown>>

const MESSAGE_BLOCKS = new Set([
  ...[
    'section',
    'context',
    'actions',
    'divider',
    'header',
    'image',
    'rich_text',
    'markdown',
    'table',
    'file',
  ],
  ...[
    'data_table',
    'plan',
    'task_card',
    'card',
    'carousel',
    'container',
    'context_actions',
    'data_visualization',
  ],
])
const VIEW_BLOCKS = new Set([...MESSAGE_BLOCKS, 'input', 'alert'])
/** The blocks that not every workspace takes. */
export const NEWER_BLOCKS = new Set([
  ...['data_table', 'plan', 'task_card', 'card', 'carousel', 'container', 'context_actions', 'alert'],
  'data_visualization',
])

const LONGEST: Readonly<Record<string, number>> = {
  block_id: 255,
  action_id: 255,
  callback_id: 255,
  private_metadata: 3000,
  external_id: 255,
}

/** Everything that is wrong with a message's blocks; empty when Slack takes it. */
export function problemsOfBlocks(blocks: unknown, isView = false): readonly string[] {
  if (!Array.isArray(blocks)) return ['blocks are not a list']
  const most = isView ? 100 : 50
  const ids = blocks.map((block) => (block as Loose)['block_id']).filter((id) => id !== undefined)
  const tables = blocks.filter((block) => ['table', 'data_table'].includes(String((block as Loose)['type'])))
  return [
    ...(blocks.length > most ? [`${blocks.length} blocks, ${most} are allowed`] : []),
    ...(new Set(ids).size < ids.length ? ['a block_id stands twice'] : []),
    ...(tables.length > 1 ? ['more than one table'] : []),
    ...(blocks.filter((block) => (block as Loose)['type'] === 'data_visualization').length > 2
      ? ['more than two charts']
      : []),
    ...(!isView && writtenIn(blocks) > MOST_WRITTEN ? [`${writtenIn(blocks)} characters in all`] : []),
    ...blocks.flatMap((block, at) =>
      problemsOfBlock(block as Loose, isView).map((problem) => `blocks[${at}] ${problem}`),
    ),
  ]
}

/** A little less than Slack refuses with `msg_blocks_too_long`. */
const MOST_WRITTEN = 13_000

function writtenIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + writtenIn(each), 0)
  if (typeof value !== 'object' || value === null) return 0
  return Object.entries(value).reduce(
    (sum, [key, each]) =>
      sum +
      (typeof each === 'string' && ['text', 'title', 'caption', 'value', 'label', 'name'].includes(key)
        ? each.length
        : writtenIn(each)),
    0,
  )
}

/** The same for a modal or a home tab. */
export function problemsOfView(view: unknown): readonly string[] {
  const { type, title, submit, close, blocks, ...rest } = view as Loose
  const isModal = type === 'modal'
  return [
    ...(type === 'modal' || type === 'home' ? [] : [`a view of type ${String(type)}`]),
    ...(isModal ? longer('title', textOf(title), 24, 1) : []),
    ...(submit === undefined ? [] : longer('submit', textOf(submit), 24, 1)),
    ...(close === undefined ? [] : longer('close', textOf(close), 24, 1)),
    ...(hasInput(blocks) && submit === undefined && isModal ? ['inputs without submit'] : []),
    ...Object.entries(LONGEST).flatMap(([key, most]) => longer(key, rest[key], most)),
    ...problemsOfBlocks(blocks, true),
  ]
}

const hasInput = (blocks: unknown): boolean =>
  Array.isArray(blocks) && blocks.some((block) => (block as Loose)['type'] === 'input')

function problemsOfBlock(block: Loose, isView: boolean): readonly string[] {
  const { type } = block
  const allowed = isView ? VIEW_BLOCKS : MESSAGE_BLOCKS
  if (!allowed.has(String(type))) return [`has the type ${String(type)}`]
  return [
    ...longer('block_id', block['block_id'], 255, 1),
    ...(KINDS[String(type)]?.(block) ?? []),
    ...problemsOfIds(block),
  ]
}

const KINDS: Readonly<Record<string, (block: Loose) => readonly string[]>> = {
  section: ({ text, fields, accessory }) => [
    ...(text === undefined && fields === undefined ? ['has neither text nor fields'] : []),
    ...(text === undefined ? [] : problemsOfText('text', text, 3000)),
    ...list(fields).flatMap((field) => problemsOfText('field', field, 2000)),
    ...(list(fields).length > 10 ? ['has more than 10 fields'] : []),
    ...(accessory === undefined ? [] : problemsOfElement(accessory as Loose)),
  ],
  header: ({ text }) => problemsOfText('text', text, 150),
  context: ({ elements }) => [
    ...sized('elements', elements, 1, 10),
    ...list(elements).flatMap((element) => problemsOfText('element', element, 3000)),
  ],
  actions: ({ elements }) => [
    ...sized('elements', elements, 1, 25),
    ...list(elements).flatMap((element) => problemsOfElement(element as Loose)),
  ],
  input: ({ label, hint, element }) => [
    ...problemsOfText('label', label, 2000),
    ...(hint === undefined ? [] : problemsOfText('hint', hint, 2000)),
    ...problemsOfElement(element as Loose),
  ],
  data_table: ({ rows, caption, page_size }) => [
    ...longer('caption', caption, 150, 1),
    ...sized('rows', rows, 2, 101),
    ...list(rows).flatMap((row) => sized('cells', row, 1, 20)),
    ...(new Set(list(rows).map((row) => list(row).length)).size > 1 ? ['rows of different lengths'] : []),
    ...list(rows).flatMap((row) => list(row).flatMap((cell) => longer('cell', textOf(cell), 3000, 1))),
    ...(page_size === undefined || (Number(page_size) >= 1 && Number(page_size) <= 100) ? [] : ['page_size']),
  ],
  data_visualization: ({ title, chart }) => [
    ...longer('title', title, 50, 1),
    ...problemsOfChart((chart ?? {}) as Loose),
  ],
  plan: ({ title, tasks }) => [
    ...longer('title', title, 150, 1),
    ...sized('tasks', tasks, 1, 50),
    ...list(tasks).flatMap((task) => KINDS['task_card']?.(task as Loose) ?? []),
  ],
  task_card: ({ task_id, title, status }) => [
    ...longer('task_id', task_id, 255, 1),
    ...longer('title', title, 150, 1),
    ...(['pending', 'in_progress', 'complete', 'error'].includes(String(status)) ? [] : ['status']),
  ],
  alert: ({ text, level }) => [
    ...problemsOfText('text', text, 3000),
    ...(['default', 'info', 'warning', 'error', 'success', undefined].includes(level as string)
      ? []
      : ['level']),
  ],
}

function problemsOfChart({ type, series, axis_config }: Loose): readonly string[] {
  const { categories, x_label, y_label } = (axis_config ?? {}) as Loose
  const names = list(series).map((each) => (each as Loose)['name'])
  const unlike = list(series).filter((each) => {
    const labels = list((each as Loose)['data']).map((point) => (point as Loose)['label'])
    return JSON.stringify(labels) !== JSON.stringify(categories)
  })
  const values = list(series).flatMap((each) => list((each as Loose)['data']))
  return [
    ...(['line', 'bar', 'area'].includes(String(type)) ? [] : [`a chart of type ${String(type)}`]),
    ...sized('series', series, 1, 6),
    ...sized('categories', categories, 1, 20),
    ...(new Set(names).size < names.length ? ['two series of one name'] : []),
    ...(new Set(list(categories)).size < list(categories).length ? ['a category stands twice'] : []),
    ...[...names, ...list(categories)].flatMap((label) => longer('label', label, 20, 1)),
    ...[x_label, y_label].flatMap((label) => (label === undefined ? [] : longer('axis label', label, 50, 1))),
    ...(unlike.length > 0 ? ['a series that has not one point for each category'] : []),
    ...(values.every((point) => Number.isFinite((point as Loose)['value']))
      ? []
      : ['a value that is no number']),
  ]
}

function problemsOfElement(element: Loose): readonly string[] {
  const { type, text, value, options, action_id, placeholder, style, initial_option, initial_value } = element
  const kinds = [
    ...['button', 'static_select', 'external_select', 'overflow', 'checkboxes', 'plain_text_input'],
    ...['number_input', 'users_select', 'radio_buttons', 'datetimepicker'],
  ]
  return [
    ...(kinds.includes(String(type)) ? [] : [`an element of type ${String(type)}`]),
    ...longer('action_id', action_id, 255, 1),
    ...(type === 'button' ? problemsOfText('button', text, 75) : []),
    ...(value === undefined ? [] : longer('value', value, 2000, 1)),
    ...(placeholder === undefined ? [] : problemsOfText('placeholder', placeholder, 150)),
    ...(style === undefined || style === 'primary' || style === 'danger' ? [] : ['style']),
    ...(initial_value === undefined ? [] : longer('initial_value', initial_value, 3000, 1)),
    ...(type === 'static_select' || type === 'checkboxes' || type === 'overflow'
      ? sized('options', options, 1, type === 'static_select' ? 100 : type === 'overflow' ? 5 : 10)
      : []),
    ...list(options).flatMap((option) => [
      ...problemsOfText('option', (option as Loose)['text'], 75),
      ...longer('option value', (option as Loose)['value'], 150, 1),
    ]),
    ...(initial_option === undefined ||
    list(options).some((option) => JSON.stringify(option) === JSON.stringify(initial_option))
      ? []
      : ['an initial option that is none of the options']),
  ]
}

/** Every action of one message needs an id of its own within its block. */
function problemsOfIds({ elements }: Loose): readonly string[] {
  const ids = list(elements).map((element) => (element as Loose)['action_id'])
  const known = ids.filter((id) => id !== undefined)
  return new Set(known).size < known.length ? ['an action_id stands twice in a block'] : []
}

function problemsOfText(what: string, text: unknown, most: number): readonly string[] {
  const { type } = (text ?? {}) as Loose
  if (type !== 'mrkdwn' && type !== 'plain_text') return [`${what} is no text`]
  return longer(what, textOf(text), most, 1)
}

const textOf = (text: unknown): unknown => (text as Loose | undefined)?.['text']
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])

function longer(what: string, text: unknown, most: number, least = 0): readonly string[] {
  if (text === undefined && (least === 0 || what === 'block_id')) return []
  if (typeof text !== 'string') return [`${what} is no text`]
  if (text.length > most) return [`${what} has ${text.length} characters, ${most} are allowed`]
  return text.length < least ? [`${what} is empty`] : []
}

function sized(what: string, value: unknown, least: number, most: number): readonly string[] {
  const { length } = list(value)
  return length < least || length > most ? [`${length} ${what}, ${least} to ${most} are allowed`] : []
}
