import { describe, expect, it } from 'vitest'
import { externalId, pressButton } from '../../../bot/github/checks.ts'
import type { CheckEvent } from '../../../bot/github/events.ts'
import type { GitHubParts } from '../../../bot/github/parts.ts'

/** What becomes of a button that olga presses, with this permission in the repository. */
async function pressed(more: { permission?: string; isKnown?: boolean } & Partial<CheckEvent> = {}) {
  const { permission = 'write', isKnown = true, ...event } = more
  const asked: unknown[] = []
  const execute = async (...given: readonly unknown[]) => {
    asked.push(given)
    return { outcome: 'accepted', code: 'retrying', title: 'web-01 goes on.', facts: {} }
  }
  const person = () => (isKnown ? { name: 'olga', role: 'operator' } : undefined)
  const parts = {
    app: { github: { person }, execute, log: { info: () => undefined } },
    client: { in: async () => async () => ({ permission }) },
  } as unknown as GitHubParts
  const outcome = await pressButton(parts, 'guid-1', {
    ...{ kind: 'check', repository: 'acme/infra', installation: 100, check: 5, button: 'retry' },
    ...{ externalId: externalId('web-01', 'post-1'), from: { id: 7, login: 'olga' } },
    ...event,
  })
  return { outcome, asked }
}

describe('a button of a check', () => {
  it('asks for its command, once for each press, as who has pressed it', async () => {
    expect(await pressed()).toEqual({
      outcome: 'retrying',
      asked: [
        [
          { command: 'retry', raw: { job: 'web-01' } },
          { person: { name: 'olga', role: 'operator' }, door: 'github' },
          { key: 'github guid-1' },
        ],
      ],
    })
  })

  it.each([
    ['by who may only read there, whatever their role', { permission: 'read' }, 'has read permission'],
    ['by somebody whom the policy does not know', { isKnown: false }, 'github_id: 7'],
    ['that Ferry does not have', { button: 'clear' }, 'no button of Ferry'],
    ['of another app’s check', { externalId: '' }, 'no button of Ferry'],
  ])('pressed %s does nothing', async (_what, more, words) => {
    const { outcome, asked } = await pressed(more)

    expect(outcome).toContain(words)
    expect(asked).toEqual([])
  })
})
