/** The main messages of Ferry in Slack, drawn by the renderers that the bot uses, of replies as core gives them. */
import { slackDoorButtons } from './buttons.ts'
import type { View } from '../../core/app/doors.ts'
import { catalogue } from '../../core/commands/catalogue.ts'
import type { Reply } from '../../core/commands/reply.ts'
import { formOf } from '../../bot/slack/modals/forms.ts'
import { formView } from '../../bot/slack/modals/view.ts'
import { context, option, sections } from '../../bot/slack/render/blocks.ts'
import type { Fleet } from '../../bot/slack/render/home.ts'
import { HOME, renderHome } from '../../bot/slack/render/home.ts'
import { factLines, renderReply } from '../../bot/slack/render/reply.ts'
import { renderView } from '../../bot/slack/render/view.ts'
import type { Scene } from './html.ts'

const GIB = 2 ** 30
const MIB = 2 ** 20

const moving: View = {
  tone: 'moving',
  closed: false,
  reply: {
    ...{ outcome: 'accepted', code: 'sync-running', title: 'Sync #14 of web-01 is transferring.' },
    facts: {
      Sync: 'incremental, asked by olga',
      State: 'Syncing, transferring',
      Forecast: 'compare 2m to 3m, transfer 3m to 5m, image 2m: 7 to 10 min in all; limited by the network',
    },
    progress: {
      ...{ phase: 'transferring', totalBytes: 80 * GIB, comparedBytes: 80 * GIB, changedBytes: 3.4 * GIB },
      ...{ appliedBytes: 1.9 * GIB, wireBytes: 1.1 * GIB, compareRate: 480 * MIB, applyRate: 11 * MIB },
      ...{ limitedBy: 'network', imagePercent: 0, leftMs: 262_000, percent: 61 },
    },
    actions: [
      { label: 'pause', command: 'pause web-01', effect: 'change' },
      { label: 'cancel', command: 'cancel web-01', effect: 'final' },
      { label: 'troubleshoot', command: 'troubleshoot web-01', effect: 'read' },
    ],
  },
}

const ended: View = {
  tone: 'good',
  closed: true,
  reply: {
    ...{ outcome: 'done', code: 'sync-ended' },
    title: 'Sync #14 of web-01 has ended: image m-bp1f8c2e0a7d is Available.',
    facts: {
      Sync: 'incremental, asked by olga',
      'What changed': '3.4 GiB of 80 GiB changed, 2 GiB sent',
      Took: '8m 41s',
      Forecast: '7 to 10 min was foretold; it took 8m 41s, inside',
      Image: '#14 m-bp1f8c2e0a7d ferry-web-01-14-5d1c, not verified yet; fuzzy: services were running',
      'Next sync': '04:22 UTC (in 6h)',
    },
    actions: [
      { label: 'sync', command: 'sync web-01', effect: 'change' },
      { label: 'complete', command: 'complete web-01 --last-sync', effect: 'final' },
      { label: 'pause', command: 'pause web-01', effect: 'change' },
    ],
  },
}

const failed: View = {
  tone: 'bad',
  closed: false,
  reply: {
    ...{ outcome: 'done', code: 'sync-failed' },
    title: 'Sync #9 of db-02 has failed: The receiver does not answer.',
    facts: {
      Code: 'RECEIVER_UNREACHABLE',
      'What happened': 'no beat of the receiver on 10.0.3.17 for 90 s',
      When: '22:12 UTC (first 22:06 UTC), while Syncing, in sync #9 (transferring)',
      Tried: '3 times',
      'Probable cause':
        'the security group of the intermediate does not let port 8443 in, or it was stopped by hand',
      'What to do': 'Let port 8443 in from the source, then `retry db-02`.',
      'Will retry help': 'yes: it goes on from Syncing; blocks already applied are not sent again',
      Cost: 'the intermediate stays and costs 0.31 CNY an hour until `retry`, `clear` or `release`',
    },
    actions: [
      { label: 'retry', command: 'retry db-02', effect: 'change' },
      { label: 'cancel', command: 'cancel db-02', effect: 'final' },
      { label: 'clear', command: 'clear db-02', effect: 'final' },
    ],
  },
}

const request: View = {
  tone: 'waits',
  closed: false,
  reply: {
    ...{ outcome: 'accepted', code: 'approval-open', title: 'Request 17: olga asks to complete web-01' },
    facts: {
      'What happens then':
        'web-01 runs one last sync, then nothing syncs any more and its intermediate is released.',
      'Last sync': '#14 incremental: 3.4 GiB changed, 2 GiB sent, 8m 41s, ended 2026-11-25 22:09 UTC',
      'Newest image': '#14 m-bp1f8c2e0a7d, Verified; fuzzy: services were running',
      'Changed since': '212 MiB, counted 2026-11-25 22:11 UTC',
      Window: 'Wed 22:00-02:00 UTC, open until 2026-11-26 02:00',
      Services: 'stopped on the source',
      'Cutover now': 'a cutover now means 4 to 6 min of downtime, from the last 8 syncs',
      Command: 'complete job=web-01 --last-sync --services-stopped',
      'Asked by': 'olga, 2026-11-25 22:14 UTC',
      'Needed from others': '1 other person',
      'Approved by': 'nobody yet',
      Expires: '2026-11-25 23:14 UTC',
    },
  },
}

const room: View = {
  tone: 'moving',
  closed: false,
  reply: {
    ...{
      outcome: 'accepted',
      code: 'cutover-open',
      title: 'Cutover 3 of web-01, db-02: 10 steps of 14 left.',
    },
    facts: {
      Jobs: 'web-01, db-02',
      Roles: 'lead olga',
      Window: 'open, closes 2026-11-26 02:00 UTC, in 3h 46m (web-01)',
      Wave: 'in this order, 1 at a time; no further one begins once one has failed',
      Latest:
        '22:09 paula (web-01): approve: approved, command complete, request 17; 22:13 ferry (web-01): completed; 22:13 ferry (web-01): verify: begun (times in UTC)',
      'Sign-off': 'not yet',
    },
    actions: [
      { label: 'addresses web-01', command: 'cutover check addresses web-01 cutover=3', effect: 'change' },
      {
        label: 'services-up web-01',
        command: 'cutover check services-up web-01 cutover=3',
        effect: 'change',
      },
      {
        label: 'services-stopped db-02',
        command: 'cutover check services-stopped db-02 cutover=3',
        effect: 'final',
      },
    ],
    data: {
      checklist: [
        {
          job: 'web-01',
          steps: [
            { step: 'services-stopped', label: 'Services stopped', state: 'done', detail: 'by olga' },
            { step: 'approval', label: 'Approval', state: 'done', detail: 'by paula (request 17)' },
            { step: 'last-sync', label: 'Last sync', state: 'done', detail: '#15: 212 MiB changed, 4m 52s' },
            { step: 'complete', label: 'Complete', state: 'done', detail: '' },
            { step: 'verify', label: 'Verify', state: 'doing', detail: 'boots image #15' },
            { step: 'addresses', label: 'Addresses and DNS', state: 'to do', detail: '' },
            { step: 'services-up', label: 'Services up', state: 'to do', detail: '' },
          ],
        },
        {
          job: 'db-02',
          steps: [
            { step: 'services-stopped', label: 'Services stopped', state: 'to do', detail: '' },
            { step: 'approval', label: 'Approval', state: 'to do', detail: '1 needed' },
            { step: 'last-sync', label: 'Last sync', state: 'to do', detail: '' },
            { step: 'complete', label: 'Complete', state: 'to do', detail: '' },
            { step: 'verify', label: 'Verify', state: 'to do', detail: '' },
            { step: 'addresses', label: 'Addresses and DNS', state: 'to do', detail: '' },
            { step: 'services-up', label: 'Services up', state: 'to do', detail: '' },
          ],
        },
      ],
    },
  },
}

const status: Reply = {
  ...{ outcome: 'done', code: 'status', title: 'web-01 is Waiting.' },
  facts: {
    'Cutover now': 'a cutover now means 4 to 6 min of downtime, from the last 8 syncs; about 212 MiB to send',
    'Limited by': 'the network',
    'Last sync': '#14 incremental: 3.4 GiB changed, 2 GiB sent, 8m 41s, ended 22:09 UTC',
    Window: 'Wed 22:00-02:00 UTC: open now',
  },
}

const NUMBERS = [7, 8, 9, 10, 11, 12, 13, 14]
const history: Reply = {
  ...{ outcome: 'done', code: 'history', title: '14 syncs of web-01.' },
  facts: { Forecasts: '12 of 13 came out inside their interval' },
  charts: [
    {
      ...{ title: 'Time of the last syncs', kind: 'lines', unit: 'min' },
      points: NUMBERS.map((number) => `#${number}`),
      series: [
        { name: 'took', values: [11.2, 9.4, 8.1, 15.3, 9.8, 8.6, 8.2, 8.68] },
        { name: 'foretold at least', values: [7, 8, 7, 7, 8, 8, 7, 7] },
        { name: 'foretold at most', values: [14, 13, 12, 11, 14, 12, 11, 10] },
      ],
    },
    {
      ...{ title: 'Bytes of the last syncs', kind: 'bars', unit: 'GiB' },
      points: NUMBERS.map((number) => `#${number}`),
      series: [
        { name: 'changed', values: [4.1, 3.6, 3.2, 7.9, 3.8, 3.3, 3.1, 3.4] },
        { name: 'sent', values: [2.4, 2.1, 1.9, 5.2, 2.2, 1.9, 1.8, 2] },
      ],
    },
  ],
  table: {
    columns: ['sync', 'kind', 'result', 'took', 'forecast', 'outcome', 'changed', 'sent'],
    rows: [
      ['#14', 'incremental', 'ok', '8m 41s', '7 to 10 min', '8m 41s, inside', '3.4 GiB', '2 GiB'],
      ['#13', 'incremental', 'ok', '8m 12s', '7 to 11 min', '8m 12s, inside', '3.1 GiB', '1.8 GiB'],
      ['#10', 'incremental', 'ok', '15m 18s', '7 to 11 min', '15m 18s, slower', '7.9 GiB', '5.2 GiB'],
    ],
  },
}

type Row = Fleet['rows'][number]
const row = (job: string, stateWords: string, more: Partial<Row> = {}): Row => ({
  ...{
    job,
    id: job,
    state: 'waiting',
    stateWords,
    percent: null,
    lastSync: '#14 22:09 UTC',
    lastSyncAt: null,
  },
  ...{ nextSync: 'in 5h 50m', nextSyncAt: null, lag: '6m', lagMs: 0, keep: '3 of 3', cost: '0.31 CNY' },
  ...{ needs: [], held: '', actions: [] },
  ...more,
})
const fleet: Fleet = {
  at: new Date('2026-11-25T22:15:00Z'),
  rows: [
    row('app-01', 'Syncing 61 %', { state: 'syncing', nextSync: '6h after this sync ends', lag: '6h 2m' }),
    row('app-02', 'Waiting', { lastSync: '#8 21:40 UTC', lag: '35m' }),
    row('db-01', 'Waiting', {
      needs: [{ what: 'request 17 waits for approval', command: 'approve 17' }],
      held: 'locked by olga for 40m',
    }),
    row('db-02', 'Error RECEIVER_UNREACHABLE', {
      state: 'error',
      nextSync: 'none while Error',
      lag: '1d 3h',
      needs: [{ what: 'in Error: The receiver does not answer', command: 'troubleshoot db-02' }],
    }),
    row('mail-01', 'Paused', {
      state: 'paused',
      nextSync: 'none while Paused',
      needs: [{ what: 'Paused', command: 'resume mail-01' }],
    }),
    row('web-01', 'Completed', { state: 'completed', nextSync: 'none', lag: '', cost: '0.02 CNY' }),
  ],
  counts: { syncing: 1, waiting: 2, error: 1, paused: 1, completed: 1 },
  ...{ needing: 3, cost: '1.57 CNY an hour', frozen: null },
}

/** A form without what a database would add. */
function formScene(
  name: string,
  fixed: Readonly<Record<string, string>>,
): Pick<Scene, 'title' | 'submit' | 'blocks'> {
  const command = catalogue.find((each) => each.name === name)
  if (command === undefined) throw new Error(`there is no command ${name}`)
  const kind = formOf({ catalogue }, name)
  const defaults = { every: '6h', keep: '3', auto: 'on', limit: '200mbit', target: 'image', source: 'web-03' }
  const notes =
    name === 'create'
      ? [context('What stands here already is what the policy file says for new jobs.')]
      : sections([`*${status.title}*`, ...factLines(status.facts)])
  const view = formView(
    {
      ...{ title: kind.title, submit: kind.submit, command, notes },
      fields: kind.fields.filter((key) => !(key in fixed) && key !== 'instance' && key !== 'image-name'),
      initial: name === 'create' ? { ...defaults, job: 'web-03' } : { 'last-sync': 'true' },
      choices: { source: ['web-03', 'web-04'].map((each) => option(each, each)) },
    },
    { line: name },
  )
  return { title: kind.title, submit: kind.submit, blocks: view.blocks as Scene['blocks'] }
}

const message = (view: View, buttons?: ReturnType<typeof slackDoorButtons>): Scene['blocks'] =>
  renderView(view, buttons).blocks('rich')

export function scenes(): readonly Scene[] {
  const consequence: Reply = {
    ...{ outcome: 'refused', code: 'confirm' },
    title: 'db-02 is deleted with all its records; its intermediate is released. Confirm to go on.',
    facts: { Images: '3, which stay', Intermediate: 'i-bp1ff00, 0.31 CNY an hour' },
  }
  return [
    {
      ...{ name: 'sync', kind: 'message', caption: 'A sync while it moves: one message, edited' },
      blocks: message(moving),
    },
    { name: 'sync-ended', kind: 'message', caption: 'The same message at its end', blocks: message(ended) },
    {
      name: 'sync-failed',
      kind: 'message',
      caption: 'The same message when it fails',
      blocks: message(failed),
    },
    {
      ...{ name: 'approval', kind: 'message', caption: 'A request for approval' },
      blocks: message(request, slackDoorButtons('approval')),
    },
    { name: 'cutover', kind: 'message', caption: 'The room of a cutover', blocks: message(room) },
    {
      ...{ name: 'history', kind: 'own', caption: 'The syncs of a job, with their forecasts' },
      blocks: renderReply(history).blocks('charted'),
    },
    {
      ...{ name: 'history-bars', kind: 'own', caption: 'The same where a workspace takes no charts' },
      blocks: renderReply(history).blocks('rich'),
    },
    {
      ...{ name: 'confirm', kind: 'own', caption: 'What cannot be taken back asks first' },
      blocks: renderReply(consequence, { buttons: slackDoorButtons('confirm'), mark: '⚠️' }).blocks('rich'),
    },
    {
      ...{ name: 'complete', kind: 'modal', caption: 'The form of complete, with the forecast' },
      ...formScene('complete', { job: 'web-01' }),
    },
    {
      ...{
        name: 'create',
        kind: 'modal',
        caption: 'The form of create, with the defaults of the policy file',
      },
      ...formScene('create', {}),
    },
    { name: 'home', kind: 'home', caption: 'The App Home', blocks: renderHome(fleet, HOME).blocks('rich') },
    {
      ...{
        name: 'classic',
        kind: 'message',
        caption: 'The room where a workspace does not take newer blocks',
      },
      blocks: renderView(room).blocks('classic'),
    },
  ]
}
