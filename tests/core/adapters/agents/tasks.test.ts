import { describe, expect, it } from 'vitest'
import { OrdersReply } from '../../../../agent/protocol/control.ts'
import { signedHeaders } from '../../../../agent/protocol/signing.ts'
import { readTaskTicket, readTicket } from '../../../../agent/protocol/ticket.ts'
import { ticketKey } from '../../../../core/adapters/agents/keys.ts'
import { createMachines } from '../../../../core/adapters/agents/machines.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { anOrder, aTask, machineKey, machinesStore } from '../../../support/machines-store.ts'

const DISKS = [{ index: 0, path: '/dev/vda', kind: 'block', sizeBytes: 1_048_576, identity: 'serial-1' }]
const HOST = {
  hostname: 'h',
  os: 'linux',
  arch: 'x64',
  kernel: '6',
  cores: 1,
  memoryBytes: 1,
  bootMode: 'BIOS',
}

/** The machine API with one enrolled agent of the source web-01. */
async function setUp() {
  const clock = fakeClock()
  const world = machinesStore(clock)
  const key = await ticketKey(world.store)
  const bundles = { find: async () => undefined, agentDigest: undefined, receiverDigest: undefined }
  const machines = createMachines({
    store: world.store,
    ...{ clock, ticketKey: key, bundles: { ...bundles, nodeDigest: async () => '' } },
  })
  const send = async (path: string, body: unknown, sign?: { id: string; privateKey: string }) => {
    const text = JSON.stringify(body)
    const headers =
      sign === undefined
        ? {}
        : signedHeaders(sign.id, sign.privateKey, { method: 'POST', path, body: text }, clock.now().getTime())
    const reply = await machines.handle(
      new Request(`http://bot${path}`, { method: 'POST', headers, body: text }),
    )
    return { status: reply?.status, body: (await reply?.json()) as Record<string, unknown> }
  }
  const pair = machineKey()
  world.invite('code-1', 'web-01')
  const enrolment = { code: 'code-1', publicKey: pair.publicKey, version: '1', host: HOST, disks: DISKS }
  const { body } = await send('/api/agents/enrol', enrolment)
  const agent = { ...pair, id: String(body['machine']) }
  const ask = async (more: object = { tasks: [] }) =>
    OrdersReply.parse(
      (await send('/api/agents/orders', { version: '1', disks: DISKS, working: null, ...more }, agent)).body,
    )
  const report = (more: object) =>
    send(
      '/api/agents/tasks',
      { task: 'task-1', status: 'working', progress: { doneBytes: 1, totalBytes: 2, note: 'n' }, ...more },
      agent,
    )
  return { ...world, clock, key, agent, ask, report, send }
}

describe('a task', () => {
  it('is handed to the agent of its source with a ticket for this task and this agent', async () => {
    const { record, clock, key, agent, ask } = await setUp()
    record.tasks = [aTask('another', clock, { id: 'task-0' }), aTask('web-01', clock)]

    const { task } = await ask()

    expect(readTaskTicket(task?.ticket ?? '', key.publicKey, clock.now().getTime())).toEqual({
      ...{ task: 'task-1', agent: agent.id, kind: 'speedtest' },
      params: { diskBytes: 1024, networkBytes: 0, receiver: null },
      expiresAt: clock.now().getTime() + 60_000,
    })
  })

  it('that measures the way names the job’s receiver, with a ticket that writes nothing', async () => {
    const { record, clock, key, ask } = await setUp()
    record.tasks = [aTask('web-01', clock, { jobId: 'job-1' })]
    record.order = anOrder('web-01')
    const { receiver } = record.order.intermediate
    Object.assign(receiver ?? {}, { seenAt: clock.now() })

    const { task } = await ask({ tasks: [], working: { sync: 'sync-1', epoch: 7 } })

    const now = clock.now().getTime()
    const read = readTaskTicket(task?.ticket ?? '', key.publicKey, now) as unknown as {
      params: { receiver: { host: string; ticket: string } }
    }
    expect(read.params.receiver).toMatchObject({ host: '127.0.0.1', port: 8703, tlsPin: 'a'.repeat(64) })
    expect(readTicket(read.params.receiver.ticket, key.publicKey, now)).toMatchObject({
      ...{ sync: 'task-1', epoch: 0, disks: [], receiver: { machine: 'receiver-1' } },
    })

    Object.assign(receiver ?? {}, { seenAt: new Date(now - 60_000) })
    const again = readTaskTicket((await ask()).task?.ticket ?? '', key.publicKey, now)
    expect(again).toMatchObject({ params: { receiver: null } })
  })

  it('comes beside the order of a sync', async () => {
    const { record, clock, ask } = await setUp()
    record.tasks = [aTask('web-01', clock)]
    record.order = anOrder('web-01')

    expect(await ask()).toMatchObject({ order: { sync: 'sync-1' }, task: { task: 'task-1' } })
  })

  it('is not handed out again to an agent that works on it', async () => {
    const { record, clock, ask } = await setUp()
    record.tasks = [aTask('web-01', clock)]

    expect((await ask({ tasks: ['task-1'] })).task).toBeUndefined()
  })

  it('fails at once when the agent is too old to know tasks, with what to do', async () => {
    const { record, clock, ask } = await setUp()
    record.tasks = [aTask('web-01', clock)]
    record.onWait = () => (record.tasks = [])

    await ask({})

    expect(record.taskReports).toMatchObject([
      {
        id: 'task-1',
        status: 'failed',
        fault: { code: 'PROTOCOL', detail: expect.stringContaining('enrol') },
      },
    ])
  })

  it('is stored as it is reported, and answered with stop once it is not in force', async () => {
    const { record, clock, report } = await setUp()
    record.tasks = [aTask('web-01', clock)]
    const disk = { index: 0, path: '/dev/vda', readBytes: 1, bytesPerSecond: 5, detail: '' }
    const result = { disks: [disk], network: [] }

    expect(await report({ status: 'done', result })).toEqual({ status: 200, body: { control: 'continue' } })
    record.inForce = false
    expect((await report({})).body).toEqual({ control: 'stop' })

    expect(record.taskReports).toMatchObject([{ status: 'done', result }, { status: 'working' }])
  })

  it('is not changed by the agent of another source, by nobody, nor with a result of another shape', async () => {
    const { record, clock, report, send } = await setUp()
    record.tasks = [aTask('another', clock)]
    expect((await report({})).status).toBe(403)

    record.tasks = [aTask('web-01', clock)]
    expect((await report({ status: 'done', result: { disks: 'all' } })).status).toBe(400)
    const progress = { doneBytes: 0, totalBytes: 0, note: '' }
    expect((await send('/api/agents/tasks', { task: 'task-1', status: 'working', progress })).status).toBe(
      401,
    )
    expect(record.taskReports).toEqual([])
  })
})
