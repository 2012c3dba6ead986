import { describe, expect, it } from 'vitest'
import { redeliver } from '../../../bot/github/reconcile.ts'
import { GitHubTrouble } from '../../../bot/github/trouble.ts'

const NOW = new Date('2026-11-25T12:00:00Z')

/** What failed, newest first as GitHub lists it; `trouble`: what it answers about a delivery. */
function aDoor(
  failed: readonly (readonly [id: number, guid: string])[],
  trouble: Readonly<Record<number, 'gone' | 'later'>> = {},
) {
  const seen = new Set<string>()
  const asked: number[] = []
  const asApp = async (_route: string, values: Readonly<Record<string, unknown>> = {}): Promise<unknown> => {
    const id = values['delivery_id'] as number | undefined
    if (id === undefined)
      return failed.map(([number, guid]) => ({
        ...{ id: number, guid, event: 'issue_comment', action: 'created' },
        delivered_at: NOW.toISOString(),
      }))
    const kind = trouble[id]
    if (kind !== undefined) throw new GitHubTrouble('a fault of the test', kind, 500)
    asked.push(id)
    return {}
  }
  const parts = {
    app: {
      now: () => NOW,
      firstSeen: async (key: string) => seen.size < seen.add(key).size,
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      github: { inbox: { isKnown: async (guid: string) => guid === 'taken' } },
    },
    client: { asApp: asApp as Parameters<typeof redeliver>[0]['client']['asApp'] },
  }
  return { asked, look: () => redeliver(parts) }
}

describe('a delivery that has failed', () => {
  it('is asked for by its newest attempt, once, and not when it was taken after all', async () => {
    const { asked, look } = aDoor([
      [3, 'a'],
      [2, 'taken'],
      [1, 'a'],
    ])

    expect([await look(), await look()]).toEqual([1, 0])
    expect(asked).toEqual([3])
  })

  it('that GitHub does not send again keeps no other back', async () => {
    const { asked, look } = aDoor(
      [
        [2, 'a'],
        [1, 'b'],
      ],
      { 1: 'gone' },
    )

    await look()
    expect(asked).toEqual([2])
  })

  it('leaves the others for the next look when GitHub cannot answer now', async () => {
    const trouble: Record<number, 'later'> = { 1: 'later' }
    const { asked, look } = aDoor(
      [
        [2, 'a'],
        [1, 'b'],
      ],
      trouble,
    )

    expect(await look()).toBe(0)
    delete trouble[1]
    await look()
    expect(asked).toEqual([2])
  })
})
