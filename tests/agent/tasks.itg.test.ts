import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TaskReport } from '../../agent/protocol/tasks.ts'
import type { TaskTicket } from '../../agent/protocol/ticket.ts'
import { MIB, Stage, until, type Program } from '../support/machines.ts'

let stage: Stage
let agent: Program
beforeAll(async () => {
  stage = await Stage.open({ disks: [8 * MIB, 2 * MIB] })
  writeFileSync(stage.source(), randomBytes(8 * MIB))
  agent = await stage.agent()
  await until('the enrolment', () => stage.bot.machine('code-1'))
})
afterAll(() => stage.close())

let asked = 0
/** Asks the agent for a speed test, unless `more` says otherwise. */
function ask(more: Partial<TaskTicket> = {}): string {
  const task = `task-${++asked}`
  stage.bot.task = {
    ...{ task, agent: stage.bot.machine('code-1')?.id ?? '', kind: 'speedtest' },
    ...{ params: { diskBytes: 4 * MIB }, expiresAt: Date.now() + 60_000 },
    ...more,
  }
  return task
}

const ended = (task: string): Promise<TaskReport> =>
  until('the end of the task', () =>
    stage.bot.taskReports.find((r) => r.task === task && r.status !== 'working'),
  )

describe('an agent that is asked for a task', () => {
  it('measures how fast it reads its disks, and no more than it may', async () => {
    const { status, result } = await ended(ask())

    expect(status).toBe('done')
    expect(result).toMatchObject({
      disks: [
        { index: 0, path: stage.source(), readBytes: 4 * MIB },
        { index: 1, path: stage.source(1), readBytes: 2 * MIB },
      ],
    })
    const { disks } = result as { disks: { bytesPerSecond: number }[] }
    for (const { bytesPerSecond } of disks) expect(bytesPerSecond).toBeGreaterThan(0)
  })

  it('does nothing without a ticket for this very task', async () => {
    expect(await ended(ask({ agent: 'another' }))).toMatchObject({ fault: { code: 'TICKET_REFUSED' } })
    expect(await ended(ask({ expiresAt: Date.now() - 1 }))).toMatchObject({
      fault: { code: 'TICKET_REFUSED' },
    })
  })

  it('says so when it does not know the kind', async () => {
    expect(await ended(ask({ kind: 'levitate' }))).toMatchObject({
      ...{ status: 'failed', fault: { code: 'PROTOCOL', detail: expect.stringContaining('levitate') } },
    })
  })

  it('begins again what it was at when it was killed', async () => {
    await agent.kill()
    const task = ask()
    agent = await stage.agent()

    expect(await ended(task)).toMatchObject({ status: 'done' })
  })

  it('does not measure beside a sync', async () => {
    await stage.receiver()
    const order = await stage.order({ bytesPerSecond: MIB })
    await until('the sync', () => stage.bot.agentReports.find(({ epoch }) => epoch === order.epoch))

    expect(await ended(ask())).toMatchObject({ status: 'failed', fault: { code: 'SOURCE_BUSY' } })
  })
})
