import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FAILPOINTS } from '../../agent/protocol/failpoint.ts'
import { MIB, Stage, until } from '../support/machines.ts'

const SHARE = 128 * 1024

/**
 * Kills one program at each of its failpoints in turn, always in the middle of a sync of data that is new since the
 * last kill and lies elsewhere: what any kill left wrong would still be wrong at the end.
 */
async function survives(program: 'agent' | 'receiver'): Promise<void> {
  const failpoints = FAILPOINTS.filter((name) => name.startsWith(`${program}:`))
  const stage = await Stage.open({ disks: [failpoints.length * SHARE + 3 * MIB] })
  const source = openSync(stage.source(), 'r+')
  try {
    await (program === 'agent' ? stage.receiver() : stage.agent())
    for (const [i, failpoint] of failpoints.entries()) {
      writeSync(source, randomBytes(SHARE), 0, SHARE, i * SHARE)
      const victim = await stage[program]({ FERRY_FAILPOINT: failpoint })
      await until(
        'both machines',
        () => victim.exit ?? (stage.bot.machine('token-1') && stage.bot.machine('code-1')),
      )
      if (!victim.exit) await stage.order()
      const exit = await until(`the kill at ${failpoint}`, () => victim.exit)
      expect(exit, failpoint).toEqual({ code: null, signal: 'SIGKILL' })
    }

    await stage[program]()
    const report = await stage.sync()

    expect(report).toMatchObject({ status: 'done' })
    execFileSync('cmp', [stage.source(), stage.target()])
    // Kills come faster than syncs end here, but what was acknowledged is never sent again.
    expect(report.disks[0]?.changedBytes).toBeLessThanOrEqual(failpoints.length * SHARE)
    await stage.sealed(report.epoch)
  } catch (cause) {
    throw new Error(stage.programs.map(({ log }) => log).join('\n---\n'), { cause })
  } finally {
    closeSync(source)
    await stage.close()
  }
}

describe('a program killed at each of its failpoints', () => {
  it('the agent loses nothing', () => survives('agent'))

  it('the receiver loses nothing', () => survives('receiver'))
})
