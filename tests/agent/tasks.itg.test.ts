import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { BLOCK_BYTES } from '../../agent/protocol/geometry.ts'
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
    await until('an open door', () => receiver.log.includes('listening') || undefined)

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

describe('an estimate', () => {
  /** What the bot asks with: the disks as the agent tells them, and the roots of the last sync. */
  const estimateOf = (on: Stage, task: string, roots: readonly (string | null)[]) => ({
    ...{ task, agent: on.bot.machine('code-1')?.id ?? '', kind: 'estimate', expiresAt: Date.now() + 60_000 },
    params: {
      disks: (on.bot.orders.at(-1)?.disks ?? []).map(({ index, path, identity, sizeBytes }, place) => ({
        ...{ index, path, identity, sizeBytes, root: roots[place] ?? null },
      })),
    },
  })

  it('says what a sync would send, and sends nothing', async () => {
    const on = await Stage.open({ disks: [8 * MIB, 2 * MIB] })
    onTestFinished(() => on.close())
    await on.receiver()
    await on.agent()
    const synced = await on.sync()
    const changed = openSync(on.source(), 'r+')
    writeSync(changed, randomBytes(1), 0, 1, 3 * MIB)
    closeSync(changed)
    const result = (task: string) =>
      until(`the result of ${task}`, () =>
        on.bot.taskReports.find((report) => report.task === task && report.status === 'done'),
      )

    on.bot.task = estimateOf(
      on,
      'known',
      synced.disks.map(({ root }) => root ?? null),
    )
    const known = await result('known')
    on.bot.task = estimateOf(on, 'unknown', [])
    const unknown = await result('unknown')

    expect(known.result).toMatchObject({
      disks: [
        { index: 0, totalBytes: 8 * MIB, comparedBytes: 8 * MIB, changedBytes: 65_536, isKnown: true },
        { index: 1, changedBytes: 0, isKnown: true },
      ],
    })
    expect(known.progress).toMatchObject({ doneBytes: 10 * MIB, totalBytes: 10 * MIB })
    expect(unknown.result).toMatchObject({ disks: [{ isKnown: false }, { isKnown: false }] })
    expect(on.bot.agentReports.at(-1)).toEqual(synced)
  })

  it('gives way to a sync that begins', async () => {
    const on = await Stage.open({ disks: [3072 * MIB] })
    onTestFinished(() => on.close())
    // A byte in each block: holes would not be read, and the estimate over at once.
    const disk = openSync(on.source(), 'r+')
    for (let at = 0; at < 3072 * MIB; at += BLOCK_BYTES) writeSync(disk, 'x', at)
    closeSync(disk)
    await on.receiver()
    await on.agent()
    await until('the disks', () => on.bot.orders.at(-1))
    on.bot.task = estimateOf(on, 'estimate', [])
    await until('its first blocks', () => on.bot.taskReports.find(({ progress }) => progress.doneBytes > 0))

    await on.order()

    const last = await until('its end', () => on.bot.taskReports.find(({ status }) => status !== 'working'))
    expect(last).toMatchObject({ status: 'failed', fault: { code: 'SOURCE_BUSY' } })
    expect(last.progress.doneBytes).toBeLessThan(3072 * MIB)
  })
})
