import { describe, expect, it } from 'vitest'
import { Unreachable } from '../../cli/bot.ts'
import { EXIT } from '../../cli/exit.ts'
import { watch } from '../../cli/watch.ts'
import type { Reply } from '../../core/commands/reply.ts'

const at = (state: string, percent?: number): Reply => ({
  outcome: 'done',
  code: 'status',
  title: `web-01 is ${state}.`,
  facts: {},
  data: { state },
  ...(percent === undefined
    ? {}
    : {
        progress: {
          phase: 'comparing',
          totalBytes: 100,
          comparedBytes: percent,
          changedBytes: 0,
          appliedBytes: 0,
          wireBytes: 0,
          compareRate: 0,
          applyRate: 0,
          limitedBy: 'disk',
          imagePercent: 0,
          leftMs: null,
          percent,
        },
      }),
})

async function watched(
  answers: (Reply | Error)[],
  isTerminal: boolean,
): Promise<{ code: number; out: string }> {
  let out = ''
  const ask = async (): Promise<Reply> => {
    const answer = answers.shift()
    if (answer === undefined) throw new Error('asked too often')
    if (answer instanceof Error) throw answer
    return answer
  }
  const screen = { isTerminal, color: false, columns: 80, write: (text: string) => void (out += text) }
  return { code: await watch(ask, screen, 0), out }
}

describe('watching a job', () => {
  it('prints a line per change where there is no terminal, and ends when the job rests', async () => {
    const { code, out } = await watched(
      [at('syncing', 10), at('syncing', 10), at('syncing', 60), at('waiting')],
      false,
    )

    expect(code).toBe(EXIT.done)
    expect(out).toBe(`web-01 is syncing. comparing, 10 % of the sync, limited by the source’s disk
web-01 is syncing. comparing, 60 % of the sync, limited by the source’s disk
✔ web-01 is waiting.
`)
  })

  it('draws over what it drew on a terminal', async () => {
    const { out } = await watched([at('syncing', 10), at('syncing', 60), at('waiting')], true)

    expect(out.split('\u001b[6A\r\u001b[0J')).toHaveLength(3)
  })

  it('ends with a code of its own when the job is in Error', async () => {
    expect((await watched([at('syncing', 1), at('error')], false)).code).toBe(EXIT.jobInError)
  })

  it('ends at once when there is no such job', async () => {
    const refused: Reply = { outcome: 'refused', code: 'no-such-job', title: 'There is no job x.', facts: {} }

    expect((await watched([refused], false)).code).toBe(EXIT.refused)
  })

  it('goes on over a bot that is away for a moment', async () => {
    const answers = [at('syncing', 1), new Unreachable('away'), at('waiting')]

    expect((await watched(answers, false)).code).toBe(EXIT.done)
  })
})
