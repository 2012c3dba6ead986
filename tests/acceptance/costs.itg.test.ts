import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../core/app/clock.ts'
import type { Parts } from '../../core/engine/parts.ts'
import { remindOfCosts } from '../../core/engine/ticks.ts'
import type { NewInstance } from '../../core/ports/cloud.ts'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import { completed, intermediateOf, newestImage } from '../support/looks.ts'
import { MIB } from '../support/source-disks.ts'

const ferry = await startFerry({
  timings: { reconcileTickMs: 250, leavingMs: 400, settlingMs: 0 },
  cloud: { snapshot_price: { per_gib_month: 0.72, currency: 'CNY' } },
})

interface ListedResource {
  readonly kind: string
  readonly id: string | null
  readonly perHour: number | null
  readonly currency: string | null
}

async function resourcesOf(job: string): Promise<readonly ListedResource[]> {
  return (await ferry.tell(`resources ${job}`)).data?.['resources'] as ListedResource[]
}

const isPriced = ({ perHour }: ListedResource): boolean => perHour !== null
async function priced(job: string): Promise<readonly ListedResource[]> {
  return eventually(`the prices of ${job}`, async () => {
    const listed = (await resourcesOf(job)).filter(({ id }) => id !== null)
    return listed.length > 0 && listed.every(isPriced) ? listed : undefined
  })
}

/** What the outbox has told of a job. */
async function told(job: string): Promise<readonly string[]> {
  const rows = await ferry.sql<{ title: string }[]>`select title from outbox where job = ${job} order by id`
  return rows.map(({ title }) => title)
}

async function anInstance(tags: Record<string, string>): Promise<string> {
  const { zones, vSwitch, securityGroup, baseImage } = ferry.sandbox
  return ferry.cloud.createInstance({
    ...{ token: randomUUID(), name: 'a server', imageId: baseImage, instanceTypes: ['ecs.g6.large'] },
    ...{ zone: zones[0] ?? '', vSwitch, securityGroup, publicAddress: false },
    ...{ systemDiskGiB: 20, dataDisks: [{ sizeGiB: 20 }] },
    tags: tags as unknown as NewInstance['tags'],
  })
}

describe('what things cost', () => {
  it('S22: stands beside each resource, as the cloud tells it, with a sum', async () => {
    await ferry.migrate('priced', [2 * MIB, MIB])
    const listed = await priced('priced')
    const id = await intermediateOf(ferry, 'priced')
    const { type = '', zone = '' } = (await ferry.cloud.instance(id)) ?? {}
    const price = await ferry.cloud.price({
      ...{ kind: 'instance', type, zone },
      disks: await ferry.cloud.disksOf(id),
    })
    const reply = await ferry.tell('resources priced')

    expect(price?.perHour).toBeGreaterThan(0)
    expect(listed.find(({ kind }) => kind === 'instance')).toMatchObject({ id, ...price })
    // 20 GiB at 0.72 a month of 720 hours.
    expect(listed.filter(({ kind }) => kind === 'snapshot').map(({ perHour }) => perHour)).toEqual([
      0.02, 0.02,
    ])
    expect(listed.find(({ kind }) => kind === 'image')).toMatchObject({ perHour: 0 })
    const total = (price?.perHour ?? 0) + 0.04
    expect(reply.facts['In total']).toBe(
      `CNY ${total.toFixed(4)} an hour (CNY ${(total * 720).toFixed(2)} a month)`,
    )
    expect(reply.facts['Prices as of']).toMatch(/UTC$/)
    expect((await ferry.tell('resources')).facts['In total']).toContain('CNY')
  })

  it('S22: of a failed job are told at once and again after a day, and end with `release`', async () => {
    const disks = await ferry.migrate('failed', [MIB])
    disks[0]?.write(0, 512, 'changed')
    const error = { kind: 'error', code: 'QuotaExceed.Image', status: 403 } as const
    ferry.sandbox.addFault({ action: 'CreateImage', ...error })
    await ferry.tell('sync failed')
    const { facts } = await ferry.waitFor('failed', 'error')
    const atOnce = await told('failed')
    await ferry.sql`update jobs set cost_told_at = now() - interval '25 hours' where name = 'failed'`
    await remindOfCosts({ ...ferry, clock: systemClock } as unknown as Parts)

    const id = await intermediateOf(ferry, 'failed')
    const { perHour } = (await priced('failed')).find((each) => each.id === id) ?? {}
    const words = `CNY ${(perHour ?? 0).toFixed(4)} an hour`
    expect(atOnce.at(-1)).toContain(`The intermediate of failed stays and costs ${words}`)
    expect(facts['Cost']).toContain(words)
    expect((await told('failed')).at(-1)).toContain(`The intermediate of failed still costs ${words}`)

    const asked = await ferry.ask('olga', `release ${id}`, { confirmed: false })
    await ferry.tell(`release ${id}`)
    await eventually('the release', async () => (await ferry.cloud.instance(id)) === undefined)

    expect(asked.facts['Costs']).toContain(words)
    expect((await ferry.tell('status failed')).data?.['intermediate']).toBe('lost')
  })
})

describe('the ledger and the inventory of the cloud', () => {
  it('S22: agree after a job has ended: strays go, others keep what is theirs, and what is left has a price', async () => {
    await ferry.migrate('ended', [MIB])
    await completed(ferry, 'ended')
    const job = await ferry.store.jobs.named('ended')
    const [known] = await ferry.sql<{ key: string; value: string }[]>`
      select key, (select value from settings where name = 'installation-id') as value
      from cloud_resources where job_id = ${job?.id ?? ''} and kind = 'instance'`
    const ours = { 'ferry:job': job?.id ?? '', 'ferry:installation': known?.value ?? '' }
    // A reply that was lost, under a key that the ledger has closed; the same of another installation.
    const stray = await anInstance({ ...ours, 'ferry:key': known?.key ?? '' })
    const foreign = await anInstance({
      ...ours,
      'ferry:installation': randomUUID(),
      'ferry:key': randomUUID(),
    })
    const theirs = await anInstance({})

    await eventually('the end of the stray', async () => (await ferry.cloud.instance(stray)) === undefined)

    const left = (await ferry.cloud.inventory()).filter(
      ({ tags }) => tags['ferry:job'] === job?.id && tags['ferry:installation'] === known?.value,
    )
    expect((await priced('ended')).map(({ id }) => id).sort()).toEqual(left.map(({ id }) => id).sort())
    expect(left.map(({ kind }) => kind).sort()).toEqual(['image', 'snapshot'])
    for (const id of [foreign, theirs]) expect((await ferry.cloud.instance(id))?.status).toBe('Running')
  })

  it('S22: agree when somebody deletes an image in the cloud: its entry closes, its snapshot goes, people hear of it', async () => {
    await ferry.migrate('deleted', [MIB])
    const { id } = await newestImage(ferry, 'deleted')

    await ferry.cloud.deleteImage(id)
    await eventually('the closed entries', async () => {
      const kinds = (await resourcesOf('deleted')).map(({ kind }) => kind)
      return kinds.join() === 'instance'
    })

    expect(await told('deleted')).toContain(`deleted: somebody deleted image #1 (${id}) in the cloud`)
    expect((await ferry.tell('images deleted')).data?.['images']).toEqual([])
  })

  it('S21: tell of an intermediate that is gone while its job is Waiting, before anybody needs it', async () => {
    await ferry.migrate('vanished', [MIB])

    await ferry.sandbox.vanish(await intermediateOf(ferry, 'vanished'))
    const { data } = await ferry.waitFor('vanished', 'error')

    expect(data).toMatchObject({ intermediate: 'lost', fault: { code: 'INTERMEDIATE_RELEASED' } })
    expect(await told('vanished')).toContain(
      'vanished is in Error: The intermediate was released: create another migration job',
    )
  })
})
