import { describe, expect, it } from 'vitest'
import { refusing } from '../../../bot/slack/answer.ts'
import type { Asked } from '../../../bot/slack/asked.ts'
import { openFilled } from '../../../bot/slack/modals/open.ts'
import type { SlackParts } from '../../../bot/slack/parts.ts'
import { useReference } from '../../../bot/slack/use-reference.ts'
import { openWorkspaces } from '../../../bot/slack/workspaces.ts'
import { StoreUnreachable } from '../../../core/ports/store.ts'

const away = () => Promise.reject(new StoreUnreachable('the database does not answer'))

/** Slack as far as it is asked here, in front of a database that does not answer. */
function withoutDatabase() {
  const told: unknown[] = []
  const logged: string[] = []
  const take = (message: unknown) => {
    told.push(message)
    return Promise.resolve({ ok: true, view: { id: 'V1' } })
  }
  const client = { chat: { postEphemeral: take }, views: { open: take, update: take } }
  const log = (words: string) => logged.push(words)
  const app = {
    now: () => new Date(),
    log: { info: log, warn: log, error: log },
    workspaces: { isPlain: away, refuses: away },
    references: { use: away },
    slackPerson: () => ({ name: 'ada', role: 'approver' }),
  }
  const access = { kind: 'token', botToken: 'xoxb-1' } as const
  const workspaces = openWorkspaces(app as never, { access, apiUrl: 'http://127.0.0.1:9/' } as never)
  const parts = { app, workspaces, responseBases: [], stopping: new AbortController().signal }
  const asked = {
    workspace: { id: 'the-only', client },
    userId: 'U1',
    place: { channel: 'C1' },
    triggerId: 't',
  }
  return {
    ...{ told, logged, parts: parts as never as SlackParts },
    asked: asked as never as Asked & { triggerId: string },
  }
}

describe('while the database is away', () => {
  it('a press that needs it is answered with words, and logged', async () => {
    const { parts, asked, told, logged } = withoutDatabase()
    await refusing(parts, asked, () => useReference(parts, asked, 'r', () => Promise.resolve(undefined)))

    expect(told).toEqual([
      expect.objectContaining({ text: 'Ferry could not do that at this moment; ask again.' }),
    ])
    expect(logged).toEqual(['a request of slack could not be carried out'])
  })

  it('a form that cannot be filled says so instead of looking for ever', async () => {
    const { parts, asked, told } = withoutDatabase()
    await openFilled(parts, asked, 'Complete', away)

    expect(told).toHaveLength(2)
    expect(JSON.stringify(told[1])).toContain('could not do that at this moment')
  })
})
