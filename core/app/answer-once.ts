/**
 * Asked once, however often it is sent: a request with a key is carried out by the first who brings it, and everybody
 * else with the same key hears the same reply.
 */
import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Reply } from '../commands/reply.ts'
import type { AuditRow } from '../ports/audit.ts'
import type { Store } from '../ports/store.ts'

/** Longer than any command takes; then whoever began to answer is taken for dead. */
const LEASE_MS = 8000
/** Longer than a run of a workflow may last at GitHub. */
const KEEP_MS = 7 * 24 * 3_600_000
const LOOK_MS = 100
/** How long to wait for the reply that somebody else is about to give: a little longer than they are given. */
const PATIENCE_MS = LEASE_MS + 5000

export interface OnceParts {
  readonly store: Pick<Store, 'answers' | 'audit'>
  readonly run: () => Promise<Reply>
  /** Filled by `run` with what it hands out once. */
  readonly secrets: readonly string[]
  /** The reply when it has happened, but whoever did it died before they could say so. */
  readonly already: (entry: AuditRow) => Promise<Reply>
}

/** `asked`: all that was asked, in one text. Never carried out twice for one key, also when a bot dies in between. */
export async function answerOnce(key: string, asked: string, parts: OnceParts): Promise<Reply> {
  const { answers } = parts.store
  const digest = createHash('sha256').update(asked).digest('hex')
  const end = Date.now() + PATIENCE_MS
  for (;;) {
    const taken = await answers.take(key, digest, { leaseMs: LEASE_MS, keepMs: KEEP_MS })
    switch (taken.how) {
      case 'answered':
        return taken.reply as Reply
      case 'other':
        return refused('key-reused', 'This key was used for something else; every request needs its own.')
      case 'first':
        return answer(key, parts, parts.run)
      case 'left': {
        // The audit is written in the statement that makes the change: with an entry it has happened, else it has not.
        const entry = await parts.store.audit.withKey(key)
        return answer(key, parts, entry === undefined ? parts.run : () => parts.already(entry))
      }
      case 'busy':
        if (Date.now() > end)
          return refused(
            'busy',
            'This is being carried out for an earlier request with the same key. Ask again.',
          )
        await pause(LOOK_MS)
    }
  }
}

async function answer(key: string, { store, secrets }: OnceParts, run: OnceParts['run']): Promise<Reply> {
  const reply = await run().catch(async (error: unknown) => {
    await store.answers.leave(key).catch(() => undefined)
    throw error
  })
  // Nothing was decided: whoever asks again with this key is to be heard anew.
  if (reply.code === 'busy') await store.answers.leave(key)
  else await store.answers.put(key, withoutSecrets(reply, secrets))
  return reply
}

/** What is handed out once is kept nowhere: who asks again with the same key is not told it again. */
function withoutSecrets(reply: Reply, secrets: readonly string[]): Reply {
  if (secrets.length === 0) return reply
  const text = secrets.reduce((all, secret) => all.replaceAll(secret, '***'), JSON.stringify(reply))
  return JSON.parse(text) as Reply
}

function refused(code: string, title: string): Reply {
  return { outcome: 'refused', code, title, facts: {} }
}
