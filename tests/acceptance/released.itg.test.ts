import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import type { Ferry } from '../support/ferry.ts'
import { differingDisks, intermediateOf, newestImage, seen, syncOf } from '../support/looks.ts'
import { KIB, MIB } from '../support/source-disks.ts'

const ferry = await startFerry()
/** Its instances take about a second to run. */
const slow = await startFerry({ sandbox: { speed: 6 } })

const RULE = /^The intermediate was released: create another migration job\./
/** Everything that would need the intermediate. */
const REFUSED = ['retry', 'resume', 'sync', 'complete', 'pause', 'start'] as const

async function expectLost(on: Ferry, job: string): Promise<void> {
  const { data } = await on.waitFor(job, 'error')
  expect(data).toMatchObject({ intermediate: 'lost', fault: { code: 'INTERMEDIATE_RELEASED' } })
  for (const command of REFUSED) {
    const more = command === 'complete' ? ' --last-sync --services-stopped' : ''
    const reply = await on.ask('olga', `${command} ${job}${more}`)
    expect(reply, command).toMatchObject({ outcome: 'refused', code: 'intermediate-released' })
    expect(reply.title).toMatch(RULE)
    expect(reply.title).toContain(`\`clone ${job} ${job}b\``)
    expect(reply.title).toContain(`\`clear ${job}\``)
    expect(reply.actions?.map(({ label }) => label)).toEqual(['clone', 'cancel', 'clear'])
  }
  const trouble = await on.tell(`troubleshoot ${job}`)
  expect(trouble.facts).toMatchObject({
    Code: 'INTERMEDIATE_RELEASED',
    'Will retry help': 'no: the intermediate is gone',
  })
  expect(trouble.actions?.map(({ label }) => label)).toEqual(['clone', 'cancel', 'clear'])
}

describe('an intermediate that was released by somebody else', () => {
  it('S21: is noticed in Preparing; the source may have another job at once', async () => {
    await slow.startSource('preparing', [MIB])
    await slow.tell('create preparing')
    await slow.tell('start preparing')
    const job = await slow.store.jobs.named('preparing')
    const instance = await eventually('the instance', async () =>
      (await slow.store.ledger.open(job?.id)).find(({ cloudId }) => cloudId !== null),
    )

    await slow.sandbox.vanish(instance.cloudId ?? '')

    await expectLost(slow, 'preparing')
    expect((await slow.ask('olga', 'clone preparing again')).code).toBe('no-such-image')
    expect(await slow.tell('create again source=preparing')).toMatchObject({ code: 'created' })
  })

  it('S21: is noticed in a transfer; a clone starts from the last image and sends only what changed', async () => {
    const disks = await ferry.migrate('transfer', [6 * MIB])
    disks[0]?.write(0, 4 * MIB, 'changed')
    await ferry.tell('limit transfer 16mbit')
    await ferry.tell('sync transfer')
    await seen(ferry, 'transfer', ({ progress }) => (progress?.appliedBytes ?? 0) > 0)

    await ferry.sandbox.vanish(await intermediateOf(ferry, 'transfer'))

    await expectLost(ferry, 'transfer')
    await ferry.tell('clone transfer transfer-again')
    await ferry.tell('start transfer-again')
    await ferry.waitFor('transfer-again', 'waiting', 1)
    expect((await syncOf(ferry, 'transfer-again')).changedBytes).toBe(4 * MIB)
    expect(await differingDisks(ferry, (await newestImage(ferry, 'transfer-again')).id, disks)).toEqual([])
    await ferry.tell('clear transfer')
    await ferry.waitFor('transfer', 'cleared')
  })

  it('S21: is noticed in Imaging and, when it happens in Waiting, by the next sync', async () => {
    await ferry.migrate('imaging', [MIB])
    await ferry.migrate('waiting', [MIB])
    ferry.sandbox.addFault({ action: 'CreateSnapshot', kind: 'hang', delayMs: 800 })
    await ferry.tell('sync imaging')
    await seen(ferry, 'imaging', ({ progress }) => progress?.phase === 'imaging')

    await ferry.sandbox.vanish(await intermediateOf(ferry, 'imaging'))
    await ferry.sandbox.vanish(await intermediateOf(ferry, 'waiting'))

    await expectLost(ferry, 'imaging')
    await ferry.tell('sync waiting')
    await expectLost(ferry, 'waiting')
  })

  it('S21: is noticed when a paused job is resumed, and when a failed one is retried', async () => {
    const disks = await ferry.migrate('paused', [4 * MIB])
    disks[0]?.write(0, 3 * MIB, 'changed')
    await ferry.tell('limit paused 8mbit')
    await ferry.tell('sync paused')
    await seen(ferry, 'paused', ({ progress }) => (progress?.appliedBytes ?? 0) > 0)
    await ferry.tell('pause paused')
    await ferry.waitFor('paused', 'paused')
    await ferry.migrate('failed', [MIB])
    ferry.sandbox.addFault({ action: 'CreateImage', kind: 'error', status: 403, code: 'QuotaExceed.Image' })
    await ferry.tell('sync failed')
    await ferry.waitFor('failed', 'error')

    await ferry.sandbox.vanish(await intermediateOf(ferry, 'paused'))
    await ferry.sandbox.vanish(await intermediateOf(ferry, 'failed'))
    // Ferry may find out by itself, which is as good.
    await ferry.ask('olga', 'resume paused')
    await ferry.ask('olga', 'retry failed')

    await eventually('both to be lost', async () => {
      const jobs = await Promise.all(['paused', 'failed'].map((name) => ferry.store.jobs.named(name)))
      return jobs.every((job) => job?.state === 'error' && job.intermediate === 'lost')
    })
    await expectLost(ferry, 'paused')
    await expectLost(ferry, 'failed')
  })

  it('S21: is not believed of one read alone', async () => {
    const disks = await ferry.migrate('flaky', [MIB])
    disks[0]?.write(0, 64 * KIB, 'changed')
    ferry.sandbox.addFault({ action: 'DescribeInstances', kind: 'empty' })

    await ferry.tell('sync flaky')
    const { data } = await ferry.waitFor('flaky', 'waiting', 2)

    expect(data).toMatchObject({ intermediate: 'ready', fault: null })
    expect(await differingDisks(ferry, (await newestImage(ferry, 'flaky')).id, disks)).toEqual([])
  })
})
