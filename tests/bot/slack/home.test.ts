import { describe, expect, it } from 'vitest'
import type { Fleet } from '../../../bot/slack/render/home.ts'
import { HOME, PAGE, readHomeState, renderHome } from '../../../bot/slack/render/home.ts'
import { labelsOf, wordsOf } from '../../support/slack-person.ts'
import { problemsOfView } from '../../support/slack-limits.ts'

const row = (nth: number, more: Partial<Fleet['rows'][number]> = {}): Fleet['rows'][number] => ({
  ...{ job: `web-${String(nth).padStart(4, '0')}`, id: `id-${nth}`, state: 'waiting', stateWords: 'Waiting' },
  ...{ percent: null, lastSync: '#3 14:00', lastSyncAt: null, nextSync: 'in 2h', nextSyncAt: null },
  ...{ lag: '40m', lagMs: 1, keep: '2 of 3', cost: '0.10 CNY', needs: [], held: '', actions: [] },
  ...more,
})
const fleet = (rows: readonly Fleet['rows'][number][]): Fleet => ({
  ...{ at: new Date('2026-11-25T14:02:00Z'), rows, counts: { waiting: rows.length } },
  ...{ needing: rows.filter(({ needs }) => needs.length > 0).length, cost: '1.20 CNY an hour', frozen: null },
})
const many = fleet(
  Array.from({ length: 500 }, (_, nth) =>
    row(nth, {
      needs: nth % 5 === 0 ? [{ what: 'in Error: <!channel>', command: `troubleshoot web-${nth}` }] : [],
    }),
  ),
)
const shown = (all: Fleet, tier: 'rich' | 'classic', state = HOME) => ({
  blocks: renderHome(all, state).blocks(tier),
})

describe('the Home of 500 jobs', () => {
  it.each(['rich', 'classic'] as const)('keeps the limits of Slack (%s)', (tier) => {
    const view = { type: 'home', ...shown(many, tier) }

    expect(problemsOfView(view)).toEqual([])
    expect(JSON.stringify(view).length).toBeLessThan(250_000)
  })

  it('is built in a fraction of its 100 ms', () => {
    renderHome(many, HOME).blocks('rich')
    const begun = performance.now()
    for (let nth = 0; nth < 10; nth++) renderHome(many, HOME).blocks('rich')

    expect((performance.now() - begun) / 10).toBeLessThan(50)
  })

  it('shows a page at a time, with the way on and back', () => {
    expect(wordsOf(shown(many, 'rich'))).toContain(`1 to ${PAGE} of 500`)
    expect(labelsOf(shown(many, 'rich'))).toContain('Next')
    expect(labelsOf(shown(many, 'rich'))).not.toContain('Back')
    const last = shown(many, 'rich', { ...HOME, from: 495 })
    expect(wordsOf(last)).toContain('496 to 500 of 500')
    expect(labelsOf(last)).not.toContain('Next')
  })

  it('names the first of those that wait for a person, and how many more there are', () => {
    expect(wordsOf(shown(many, 'rich'))).toContain('88 more wait')
  })

  it('makes no mention of what a job or its fault is called', () => {
    for (const tier of ['rich', 'classic'] as const) {
      const marked = JSON.stringify(shown(many, tier).blocks.filter(({ type }) => type !== 'data_table'))
      expect(marked).not.toContain('<!channel>')
    }
  })
})

describe('what the Home was asked for', () => {
  it.each(['', 'nonsense', '{"filter":"evil","from":-1}', '{"filter":7}'])(
    'is the first view for %s',
    (text) => {
      expect(readHomeState(text)).toEqual(HOME)
    },
  )

  it('is read back as it was written', () => {
    const state = { filter: 'needs', text: 'db', from: 99 } as const

    expect(readHomeState(JSON.stringify(state))).toEqual(state)
  })
})
