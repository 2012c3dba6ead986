import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
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

const PARAMS = { diskBytes: 4 * MIB, networkBytes: 2 * MIB, receiver: null }
let asked = 0
/** Asks the agent for a speed test, unless `more` says otherwise. */
function ask(more: Partial<TaskTicket> = {}): string {
  const task = `task-${++asked}`
  stage.bot.task = {
    ...{ task, agent: stage.bot.machine('code-1')?.id ?? '', kind: 'speedtest' },
    ...{ params: PARAMS, expiresAt: Date.now() + 60_000 },
    ...more,
  }
  return task
}

/** What to measure with, when the receiver of this stage is to be tried. */
async function toReceiver(): Promise<{ params: object }> {
  const { id, registration } = await until('the registration', () => stage.bot.machine('token-1'))
  const ticket = stage.bot.sign({
    ...{ job: 'job-1', sync: 'task', epoch: 0, disks: [], expiresAt: Date.now() + 60_000 },
    receiver: { machine: id, tlsPin: registration?.tlsPin ?? '' },
  })
  const receiver = { host: '127.0.0.1', port: stage.port, tlsPin: registration?.tlsPin, ticket }
  return { params: { ...PARAMS, receiver } }
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

  it('measures the way to the bot while there is no receiver, or it cannot be reached', async () => {
    const nobody = { host: '127.0.0.1', port: 9, tlsPin: 'a'.repeat(64), ticket: 'x' }
    const { result } = await ended(ask({ params: { ...PARAMS, receiver: nobody } }))

    expect(result).toMatchObject({
      network: [
        {
          to: 'receiver',
          address: '127.0.0.1:9',
          bytesPerSecond: null,
          detail: expect.stringContaining('REFUSED'),
        },
        { to: 'bot', address: stage.bot.url, sentBytes: 2_000_000, bytesPerSecond: expect.any(Number) },
      ],
    })
  })

  it('measures the way to the receiver, which keeps nothing of it', async () => {
    const receiver = await stage.receiver()
    const { params } = await toReceiver()

    const { result } = await ended(ask({ params }))

    expect(result).toMatchObject({
      network: [{ to: 'receiver', sentBytes: 2 * MIB, bytesPerSecond: expect.any(Number) }],
    })
    expect(readFileSync(stage.target()).every((byte) => byte === 0)).toBe(true)
    await receiver.kill()
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
