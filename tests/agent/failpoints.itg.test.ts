import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FAILPOINTS, type Failpoint } from '../../agent/protocol/failpoint.ts'
import { MIB, Stage, until } from '../support/machines.ts'

const DISK = 3 * MIB

/** Kills one program at a failpoint, starts it again, and lets the sync be asked for again, as the bot would. */
async function survives(failpoint: Failpoint): Promise<void> {
  const stage = await Stage.open({ disks: [DISK] })
  try {
    writeFileSync(stage.source(), randomBytes(DISK))
    const isAgent = failpoint.startsWith('agent:')
    const deadly = { FERRY_FAILPOINT: failpoint }
    const receiver = await stage.receiver(isAgent ? {} : deadly)
    const agent = await stage.agent(isAgent ? deadly : {})
    const victim = isAgent ? agent : receiver
    let restarted = false
    const ordered = async (): Promise<void> => {
      await until(
        'both machines',
        () => victim.exit ?? (stage.bot.machine('token-1') && stage.bot.machine('code-1')),
      )
      if (!victim.exit) await stage.order()
    }
    await ordered()

    const exit = await until('the kill', () => victim.exit)
    expect(exit.signal).toBe('SIGKILL')
    if (isAgent) await stage.agent()
    else await stage.receiver()
    restarted = true

    const report = await stage.sync()
    expect(restarted && report).toMatchObject({ status: 'done' })
    expect(readFileSync(stage.target()).equals(readFileSync(stage.source()))).toBe(true)
    execFileSync('cmp', [stage.source(), stage.target()])
    expect(report.disks[0]?.changedBytes).toBeLessThanOrEqual(DISK)
    await stage.sealed(report.epoch)
  } catch (cause) {
    throw new Error(stage.programs.map(({ log }) => log).join('\n---\n'), { cause })
  } finally {
    await stage.close()
  }
}

describe('a program killed', () => {
  it.concurrent.each(FAILPOINTS)('at %s loses nothing', async (failpoint) => {
    await survives(failpoint)
  })
})
