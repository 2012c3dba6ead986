import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { MIB, Stage, until } from '../support/machines.ts'

const open: Stage[] = []
afterEach(async () => {
  for (const stage of open.splice(0)) await stage.close()
})

const PRIORITY_LOW = 19

/** The nice values of a process's threads, the ones that run JavaScript first. */
function nices(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
  })
}

const ioClass = (pid: number): string => execFileSync('ionice', ['-p', `${pid}`], { encoding: 'utf8' }).trim()

describe('an agent with --gentle', () => {
  it('has the lowest priority for processor and disk, and makes the target equal over one connection', async () => {
    const stage = await Stage.open({ disks: [12 * MIB] })
    open.push(stage)
    await stage.receiver()
    writeFileSync(stage.source(), randomBytes(12 * MIB))
    const agent = await stage.agent({}, '--gentle')

    const report = await stage.sync()

    expect(report).toMatchObject({ status: 'done' })
    execFileSync('cmp', [stage.source(), stage.target()])
    const pid = agent.child.pid ?? 0
    expect(nices(pid).filter((nice) => nice === PRIORITY_LOW).length).toBeGreaterThanOrEqual(3)
    expect(ioClass(pid)).toBe('idle')
    await until('the log', () => agent.log.includes('gentle: the lowest priority'))
  })
})
