import { describe, expect, it } from 'vitest'
import { stop } from '../../action/stop.ts'
import type { Reply } from '../../core/commands/reply.ts'

/** A bot whose request 17 stands so: what it was asked, and what was answered at last. */
async function cancelledAt(status: 'used' | 'denied'): Promise<{ asked: string[]; note: string }> {
  const asked: string[] = []
  const answers: Readonly<Record<string, Partial<Reply>>> = {
    'withdraw 17': { outcome: 'refused', title: 'nothing is left to take back' },
    'request 17': { data: { status } },
    'pause web-01': { title: 'web-01 is Pausing' },
  }
  const bot = {
    ask: async ({ text }: { readonly text: string }): Promise<Reply> => {
      asked.push(text)
      return { outcome: 'done', code: 'x', title: '', facts: {}, ...answers[text] }
    },
  }
  const note = await stop(bot, { of: 'approval', job: 'web-01', approval: 17 }, 'pause', 'key')
  return { asked, note }
}

describe('a run that is cancelled while its request is decided', () => {
  it('pauses what has begun with the last approval', async () => {
    expect(await cancelledAt('used')).toEqual({
      asked: ['withdraw 17', 'request 17', 'pause web-01'],
      note: 'web-01 is Pausing',
    })
  })

  it('touches nothing when nothing has begun', async () => {
    expect(await cancelledAt('denied')).toEqual({
      asked: ['withdraw 17', 'request 17'],
      note: 'nothing is left to take back',
    })
  })
})
