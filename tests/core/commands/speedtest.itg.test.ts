import { describe, expect, it } from 'vitest'
import type { Job } from '../../../core/domain/job.ts'
import { openCommands } from '../../support/commands.ts'
import { jobIn } from '../../support/job-in-state.ts'

const { store, ask } = await openCommands()

const progress = { doneBytes: 0, totalBytes: 0, note: 'reading /dev/vda' }
const found = {
  disks: [{ index: 0, path: '/dev/vda', readBytes: 1048576, bytesPerSecond: 104857600, detail: 'read' }],
  network: [{ to: 'bot', address: 'http://bot', sentBytes: 1, bytesPerSecond: 10485760, detail: 'http' }],
}

/** What the source's agent answers to the test that it was asked for. */
async function answer(job: Job, status: 'working' | 'done' | 'failed', more: object = {}): Promise<void> {
  const task = await store.tasks.latest(job.sourceId, 'speedtest')
  const report = { status, progress, result: undefined, fault: null, ...more }
  await store.tasks.reported(task?.id ?? '', job.sourceId, report)
}

describe('speedtest', () => {
  it('S10: asks the source once, however often it is asked, and shows both rates and which one limits', async () => {
    const job = await jobIn(store, 'ready')
    expect(await ask('operator', `speedtest ${job.name} --result`)).toMatchObject({ code: 'no-speedtest' })

    expect(await ask('operator', `speedtest ${job.name}`)).toMatchObject({ code: 'speedtest-started' })
    await ask('operator', `speedtest ${job.name}`)
    expect(await store.tasks.open(job.sourceId)).toHaveLength(1)
    await answer(job, 'working')
    expect((await ask('operator', `speedtest ${job.name} --result`)).title).toContain('reading /dev/vda')
    await answer(job, 'done', { result: found })

    const reply = await ask('operator', `speedtest ${job.name} --result`)
    expect(reply.facts).toEqual({
      'What limits a full sync': 'the network: the network takes 10 MiB/s, the slowest disk reads 100 MiB/s',
    })
    expect(reply.table?.rows.map(([what, rate]) => [what, rate])).toEqual([
      ['read disk 0 (/dev/vda)', '100 MiB/s'],
      ['send to the bot (http://bot)', '10 MiB/s'],
    ])
    expect(reply.data).toMatchObject({ limit: 'network', sendRate: 10485760 })
  })

  it('says what went wrong and what to do when the source could not answer', async () => {
    const job = await jobIn(store, 'waiting')
    await ask('operator', `speedtest ${job.name}`)
    await answer(job, 'failed', { fault: { code: 'AGENT_OFFLINE', detail: 'silence' } })

    const reply = await ask('operator', `speedtest ${job.name} --result`)

    expect(reply).toMatchObject({ code: 'speedtest-failed', facts: { Code: 'AGENT_OFFLINE' } })
    expect(reply.facts['What to do']).toContain('start the agent')
  })

  it('is refused beside a sync', async () => {
    const job = await jobIn(store, 'syncing')

    expect(await ask('operator', `speedtest ${job.name}`)).toMatchObject({ code: 'not-legal-now' })
  })
})
