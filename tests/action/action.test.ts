import { describe, expect, it } from 'vitest'
import { readInputs } from '../../action/inputs.ts'
import { plainLine } from '../../action/log.ts'
import { outputsOf, withoutSecrets } from '../../action/outputs.ts'
import type { Page } from '../../action/summary.ts'
import { renderSummary } from '../../action/summary.ts'
import type { SyncPhases } from '../../core/commands/phases.ts'
import { code } from '../../core/commands/markdown.ts'
import { phasesOf } from '../../core/commands/phases.ts'
import type { Reply } from '../../core/commands/reply.ts'
import { isOrder, markupIn } from '../support/orders.ts'

const INPUTS = {
  'INPUT_SERVER-URL': 'https://ferry.example.com/',
  INPUT_TOKEN: 'token',
  INPUT_COMMAND: 'complete',
}

describe('the inputs of the Action', () => {
  it('are its own, and the arguments of the command', () => {
    const env = {
      ...INPUTS,
      INPUT_JOB: 'web-01',
      'INPUT_LAST-SYNC': 'true',
      INPUT_EVERY: '',
      INPUT_CONFIRM: 'true',
    }

    expect(readInputs(env)).toEqual({
      ...{ server: 'https://ferry.example.com', audience: 'https://ferry.example.com', token: 'token' },
      ...{
        command: 'complete',
        args: { job: 'web-01', 'last-sync': 'true' },
        confirmed: true,
        dryRun: false,
      },
      ...{ wait: 'done', timeoutMs: 5 * 3_600_000, patienceMs: 120_000, onCancel: 'pause' },
    })
  })

  it.each([
    [{ 'INPUT_SERVER-URL': 'http://ferry.example.com' }, 'in the open'],
    [{ 'INPUT_SERVER-URL': 'ferry' }, 'server-url'],
    [{ 'INPUT_SERVER-URL': 'https://me:secret@ferry.example.com' }, 'the address alone'],
    [{ 'INPUT_SERVER-URL': 'https://ferry.example.com/?x' }, 'the address alone'],
    [{ INPUT_WAIT: 'forever' }, 'wait is not one of none, approval, sync, done.'],
    [{ INPUT_TIMEOUT: '5 hours' }, 'timeout: '],
    [{ INPUT_PATIENCE: '2h' }, 'patience: 2h is outside 1s to 1h'],
    [{ 'INPUT_ON-CANCEL': 'kill' }, 'on-cancel is not one of pause, leave.'],
    [{ 'INPUT_DRY-RUN': 'yes' }, 'dry-run is not one of true, false.'],
    [{ INPUT_COMMAND: '' }, 'command is missing'],
    [{ INPUT_CONFIRM: 'maybe' }, 'confirm'],
  ])('are refused as %o', (wrong, words) => {
    expect(readInputs({ ...INPUTS, ...wrong })).toEqual({ problem: expect.stringContaining(words) })
  })
})

describe('the summary of a run', () => {
  const evil = '<img src=x> @octocat [x](https://evil.example) **bold** | cell ![p](//x) www.evil.example'
  const reply: Reply = {
    outcome: 'refused',
    code: 'x',
    title: `${evil} \`retry <job>\``,
    facts: { name: evil, [evil]: 'name' },
    table: { columns: ['a', evil], rows: [[`${evil} \`\`\``, 'b']] },
    actions: [{ label: 'x', command: '```\n# heading', effect: 'read' }],
  }
  const page = (more: Partial<Page> = {}): string =>
    renderSummary({
      ending: { decision: 'refused', code: 'x', title: reply.title },
      known: { startedAt: 0, first: reply },
      ...{ asked: `status ${evil}`, endedAt: 1000 },
      ...more,
    })

  it('makes no markup, mention, link or picture of what somebody else named, and leaves commands as code', () => {
    const text = page({ note: evil })

    // What stands in code is shown as it is; it means nothing.
    const outside = text.replace(/`[^`\n]*`/g, '')
    expect(text).toContain('`retry <job>`')
    expect(outside).not.toMatch(/<img|@octocat|https:\/\/|[^\\]\]\(|\*\*bold|www\.|[^\\]!\[/)
    expect(outside).toContain('\\| cell')
    expect(text.split('\n').filter((line) => line.startsWith('```'))).toHaveLength(2)
    expect(text).not.toMatch(/^# heading/m)
  })

  it('marks a fault as one, though telling of it went well', () => {
    const markOf = (state: string): string => {
      const first: Reply = {
        outcome: 'done',
        code: 'status',
        title: 'x',
        facts: {},
        data: { version: 1, state },
      }
      const ending = { decision: 'done', code: 'status', title: 'x' } as const
      return page({ ending, known: { startedAt: 0, first } }).slice(0, 6)
    }

    expect([markOf('error'), markOf('waiting')]).toEqual(['### ⚠️', '### ✅ '])
  })

  it('draws a timeline that nobody’s words can change', () => {
    const phases: SyncPhases = {
      title: '#3 full\n  click a call alert() %%{init: {}}%%',
      table: { columns: ['phase'], rows: [['comparing']] },
      stretches: [{ label: 'comparing : crit, 1, 2', from: 1000, to: 1000 }],
    }

    const [, drawn] = /```mermaid\n([\s\S]*?)\n```/.exec(page({ phases })) ?? []

    expect(drawn?.split('\n')).toEqual([
      ...['gantt', '  dateFormat x', '  axisFormat %H:%M:%S'],
      '  section sync 3 full click a call alert init',
      '  comparing crit 1 2 : 1000, 1001',
    ])
  })

  it('has an end, however long the tables are', () => {
    const rows = Array.from({ length: 5000 }, (_, at) => [String(at), 'x'.repeat(3000)])
    const long = { ...reply, table: { columns: ['a', 'b'], rows } }

    expect(page({ known: { startedAt: 0, first: long } }).length).toBeLessThan(250_000)
  })
})

describe('the outputs of a run', () => {
  const ending = { decision: 'done', code: 'ended', title: 'web-01 is Waiting.' } as const
  const last: Reply = {
    ...{ outcome: 'done', code: 'status', title: 'web-01 is Waiting.', facts: {} },
    data: { job: 'web-01', version: 7, state: 'waiting', imageId: 'm-1', syncId: 's-2' },
  }

  it('name state, image and sync, and hold everything as JSON of version 1', () => {
    const known = {
      startedAt: 0,
      job: 'web-01',
      syncId: 's-2',
      first: last,
      last,
      forecast: { total: { low: 1 } },
    }

    const outputs = outputsOf(ending, known, { command: 'sync web-01', endedAt: 1000 })

    expect(outputs).toMatchObject({
      ...{ decision: 'done', 'reason-code': 'ended', state: 'waiting', 'image-id': 'm-1', 'sync-id': 's-2' },
      forecast: '{"total":{"low":1}}',
    })
    expect(JSON.parse(outputs.result)).toMatchObject({
      ...{ version: 1, decision: 'done', reasonCode: 'ended', command: 'sync web-01', job: 'web-01' },
      ...{
        startedAt: '1970-01-01T00:00:00.000Z',
        endedAt: '1970-01-01T00:00:01.000Z',
        reply: { code: 'status' },
      },
    })
  })

  it('tell of the job and of nothing else that has a state', () => {
    const estimate: Reply = { ...last, code: 'estimate', data: { job: 'web-01', state: 'done' } }
    const known = { startedAt: 0, job: 'web-01', first: estimate, last: estimate, standing: last }

    expect(outputsOf(ending, known, { command: 'estimate web-01', endedAt: 1 })).toMatchObject({
      ...{ state: 'waiting', 'image-id': 'm-1' },
    })
  })

  it('stay within what GitHub takes', () => {
    const table = { columns: ['a'], rows: [['x'.repeat(2_000_000)]] }

    const { result } = outputsOf(
      ending,
      { startedAt: 0, first: { ...last, table } },
      { command: 'audit', endedAt: 1 },
    )

    expect(result.length).toBeLessThan(2000)
    expect(JSON.parse(result)).toMatchObject({ isCut: true, reply: { code: 'status' } })
  })

  it('never show a one-time code', () => {
    const code = 'abcdefghjkmnpqrstuvwxyz234'
    const reply: Reply = {
      ...{
        outcome: 'done',
        code: 'enrolled',
        title: 'The code works once.',
        data: { code },
        isPrivate: true,
      },
      facts: { Code: code, 'On the source': `node ferry-agent.mjs --code ${code}` },
    }

    const clean = withoutSecrets(reply)

    expect(clean.secrets).toEqual([code])
    expect(JSON.stringify(clean.reply)).not.toContain(code)
  })
})

describe('a line of the log', () => {
  it.each([
    ['::set-output name=x::y', ': :set-output name=x::y'],
    ['  ::error::x', ': :error::x'],
    ['a ##[set-env name=x]y', 'a # #[set-env name=x]y'],
    ['one\n::error::two', 'one ::error::two'],
    ['\u001b[31mred', '?[31mred'],
  ])('is no order to the runner: %j', (text, line) => expect(plainLine(text)).toBe(line))
})

describe('the phases of a sync', () => {
  const sync = {
    ...{
      id: 's-2',
      sync: 2,
      kind: 'incremental',
      startedAt: '2026-11-25T10:00:00Z',
      endedAt: '2026-11-25T10:01:00Z',
    },
    ...{ comparedBytes: 40 * 2 ** 30, changedBytes: 2 ** 30, wireBytes: 2 ** 29 },
    took: { comparing: 20_000, transferring: 10_000, imaging: 25_000, total: 55_000 },
  }
  const history = (...syncs: object[]): Reply => ({
    ...{ outcome: 'done', code: 'history', title: '', facts: {} },
    data: { syncs },
  })

  it('are told with bytes and rates, and follow each other without a gap', () => {
    const phases = phasesOf(history({ ...sync, id: 's-3' }, sync), 's-2')

    expect(phases?.title).toBe('#2 incremental')
    expect(phases?.table.rows).toEqual([
      ['preparing', '5s', '', ''],
      ['comparing (bounded by the disk)', '20s', '40 GiB compared', '1.33 GiB/s'],
      ['transferring (bounded by network or limit)', '10s', '1 GiB changed, 512 MiB sent', '17.1 MiB/s'],
      ['imaging (in the cloud)', '25s', '', ''],
      ['whole sync', '1m', '1 GiB changed, 512 MiB sent', ''],
    ])
    const stretches = phases?.stretches ?? []
    expect(stretches.map(({ to, from }) => to - from)).toEqual([5000, 20_000, 10_000, 25_000])
    expect(stretches.every(({ to }, at) => at === 3 || to === stretches[at + 1]?.from)).toBe(true)
  })

  it('are one when the sync was interrupted, and none while it runs', () => {
    expect(phasesOf(history({ ...sync, took: null }), 's-2')?.stretches).toHaveLength(1)
    expect(phasesOf(history({ ...sync, endedAt: null }), 's-2')).toBeUndefined()
    expect(phasesOf(history(), 's-2')).toBeUndefined()
  })
})

describe('what attacks are looked for by', () => {
  it.each([
    '::set-output name=x::y',
    ' \t::stop-commands::z',
    '##[set-env name=PATH]x',
    'text ##[group]',
    '::set-env name=x::y',
    '::group::x',
    '::warning::not ours',
  ])('takes %j for an order to the runner', (line) => {
    expect(isOrder(line)).toBe(true)
    // What the Action prints is none.
    expect(isOrder(plainLine(line))).toBe(false)
  })

  it.each(['Ferry: done', 'a :: b', '::error title=Ferry::x', '::add-mask::***', '# #[x]'])(
    'takes %j for none',
    (line) => {
      expect(isOrder(line)).toBe(false)
    },
  )

  it.each(['<script>', 'a</td>', '[x](y)', 'to @acme/ops', 'https://evil.example', 'a\n```mermaid'])(
    'finds %j in a page',
    (page) => {
      expect(markupIn(page)).toBeDefined()
      expect(markupIn(`${code(page)} as code`)).toBeUndefined()
    },
  )
})
