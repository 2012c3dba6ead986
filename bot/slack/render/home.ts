/** The fleet as the App Home shows it: what waits for people first, then all of it as one table. */
import type { App } from '../../../core/app/assemble.ts'
import { isMoving } from '../../../core/commands/progress.ts'
import type { Block, Option } from './blocks.ts'
import {
  actions,
  button,
  context,
  divider,
  header,
  LIMITS,
  option,
  plain,
  section,
  within,
} from './blocks.ts'
import { decided, stepButton } from './buttons.ts'
import type { BlockTier, Rendering } from './rendering.ts'
import { words } from './words.ts'
import { dataTable, tableLines } from './table.ts'
import { escape } from './text.ts'

export type Fleet = Awaited<ReturnType<App['fleet']>>
type Row = Fleet['rows'][number]

/** What a person has chosen to see; Slack keeps it with the view. */
export interface HomeState {
  readonly filter: keyof typeof FILTERS
  /** A part of the name. */
  readonly text: string
  /** The first row of the page that is shown. */
  readonly from: number
}

const FILTERS = {
  all: { label: 'All jobs', has: () => true },
  needs: { label: 'Waits for a person', has: ({ needs }: Row) => needs.length > 0 },
  moving: { label: 'Moves', has: ({ state }: Row) => isMoving(state) },
  waiting: { label: 'Waiting', has: ({ state }: Row) => state === 'waiting' },
  error: { label: 'Error', has: ({ state }: Row) => state === 'error' || state === 'drill-exception' },
  held: { label: 'Frozen or locked', has: ({ held }: Row) => held !== '' },
} as const

export const HOME: HomeState = { filter: 'all', text: '', from: 0 }

/** As it came back from Slack; what it does not know is shown as at first. */
export function readHomeState(metadata: string): HomeState {
  try {
    const { filter, text, from } = JSON.parse(metadata) as Partial<HomeState>
    return {
      filter: filter !== undefined && filter in FILTERS ? filter : HOME.filter,
      text: typeof text === 'string' ? text.slice(0, 40) : '',
      from: typeof from === 'number' && from >= 0 ? Math.floor(from) : 0,
    }
  } catch {
    return HOME
  }
}

/** One page: what Slack's table takes, and little enough to be read. */
export const PAGE = 99
const MOST_NEEDS = 12
const COLUMNS = ['job', 'state', 'last sync', 'next sync', 'lag', 'keep', 'cost an hour', 'needs', 'held']

export function renderHome(fleet: Fleet, state: HomeState): Rendering {
  const { has } = FILTERS[state.filter]
  const chosen = fleet.rows.filter(has)
  const from = state.from < chosen.length ? state.from : 0
  const page = chosen.slice(from, from + PAGE)
  const needy = fleet.rows.filter(FILTERS.needs.has)
  return {
    text: 'The fleet',
    blocks: (tier) =>
      within<Block>(
        [
          header('Fleet'),
          context(summary(fleet)),
          ...tools(state),
          ...(needy.length === 0 ? [] : needs(needy)),
          divider(),
          ...(page.length === 0 ? [section(nothing(fleet, state))] : table(page, tier)),
          ...below(chosen, page, from),
        ],
        LIMITS.viewBlocks,
      ),
  }
}

/** `12 jobs: 1 Error, 2 Syncing …; 3 wait for a person; all cost 1.20 CNY an hour; as of 14:02 UTC` */
function summary({ at, counts, needing, cost, frozen, rows }: Fleet): string {
  const states = Object.entries(counts).map(([state, count]) => `${count} ${state.replace('-', ' ')}`)
  return escape(
    [
      `${rows.length} ${rows.length === 1 ? 'job' : 'jobs'}${states.length === 0 ? '' : `: ${states.join(', ')}`}`,
      ...(needing === 0 ? [] : [`${needing} ${needing === 1 ? 'waits' : 'wait'} for a person`]),
      `all cost ${cost}`,
      ...(frozen === null ? [] : [`all frozen ${frozen}`]),
      `as of ${at.toISOString().slice(11, 16)} UTC`,
    ].join(' · '),
  )
}

function tools(state: HomeState): readonly Block[] {
  const options: Option[] = Object.entries(FILTERS).map(([key, { label }]) => option(label, key))
  const initial = options.find(({ value }) => value === state.filter)
  return [
    ...actions([
      {
        type: 'static_select',
        action_id: 'home:filter',
        placeholder: plain('Show', LIMITS.placeholder),
        options,
        ...(initial === undefined ? {} : { initial_option: initial }),
      },
      {
        type: 'external_select',
        action_id: 'home:open',
        placeholder: plain('Open a job', LIMITS.placeholder),
        min_query_length: 0,
      },
      button('home:refresh', 'Refresh', 'refresh'),
      button('form:create', 'Create a job…', 'create'),
    ]),
    {
      type: 'input',
      block_id: 'search',
      dispatch_action: true,
      optional: true,
      label: plain('Part of the name, then Enter', LIMITS.label),
      element: {
        type: 'plain_text_input',
        action_id: 'home:search',
        ...(state.text === '' ? {} : { initial_value: state.text }),
      },
    },
  ]
}

/** What only a person can do, with the button that does it. */
function needs(rows: readonly Row[]): readonly Block[] {
  const shown = rows.slice(0, MOST_NEEDS)
  const left = rows.length - shown.length
  return [
    section('*Waits for a person*'),
    ...shown.flatMap((row, at): Block[] => {
      const [first] = row.needs
      if (first === undefined) return []
      const all = row.needs.map(({ what }) => words(what)).join('; ')
      const { command } = first
      const label = command.split(' ')[0] ?? ''
      const [step = { label, command, effect: 'change' as const }] = decided({
        label,
        command,
        effect: 'change',
      })
      return [{ ...section(`*${escape(row.job)}*  ${all}`), accessory: stepButton(step, at) }]
    }),
    ...(left > 0 ? [context(`${left} more wait: choose _${FILTERS.needs.label}_ above.`)] : []),
  ]
}

function table(page: readonly Row[], tier: BlockTier): readonly Block[] {
  const rows = page.map((row) => [
    ...[row.job, row.stateWords, row.lastSync, row.nextSync, row.lag, row.keep, row.cost],
    row.needs.map(({ what }) => what).join('; '),
    row.held,
  ])
  const shown = { columns: COLUMNS, rows }
  return tier === 'classic' ? tableLines(shown) : dataTable(shown, 'The fleet, by name')
}

function below(chosen: readonly Row[], page: readonly Row[], from: number): readonly Block[] {
  if (chosen.length <= PAGE) return []
  const to = from + page.length
  return [
    context(`${from + 1} to ${to} of ${chosen.length}`),
    ...actions([
      ...(from > 0 ? [button('home:page:back', 'Back', String(Math.max(0, from - PAGE)))] : []),
      ...(to < chosen.length ? [button('home:page:on', 'Next', String(to))] : []),
    ]),
  ]
}

function nothing({ rows }: Fleet, { text }: HomeState): string {
  if (rows.length > 0) return 'No job is like that now.'
  return text === ''
    ? 'There are no jobs yet. `/ferry enrol web-01` lets a source in, then _Create a job…_ makes one for it.'
    : `No job has "${escape(text)}" in its name.`
}
