import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { NewInstance } from '../../core/ports/cloud.ts'
import { diskFile } from '../../sandbox/ecs/bytes.ts'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import { completed, newestImage, remember } from '../support/looks.ts'
import { KIB, MIB } from '../support/source-disks.ts'

const ferry = await startFerry({
  timings: { reconcileTickMs: 300, leavingMs: 500, settlingMs: 0 },
})

/** A server of somebody's own, with bytes on every disk, and nothing of Ferry's about it. */
async function aServer(sizes: readonly number[], more: Partial<NewInstance> = {}): Promise<string> {
  const { zones, vSwitch, securityGroup, baseImage } = ferry.sandbox
  const [systemDiskGiB = 20, ...data] = sizes
  const id = await ferry.cloud.createInstance({
    ...{ token: randomUUID(), name: 'the old web-01', imageId: baseImage, instanceTypes: ['ecs.g6.large'] },
    ...{ zone: zones[0] ?? '', vSwitch, securityGroup, publicAddress: true, systemDiskGiB },
    dataDisks: data.map((sizeGiB) => ({ sizeGiB })),
    tags: { 'ferry:job': 'none', 'ferry:key': randomUUID() },
    ...more,
  })
  await eventually(`${id} Running`, async () => (await ferry.cloud.instance(id))?.status === 'Running')
  for (const disk of await ferry.cloud.disksOf(id)) {
    await ferry.cloud.untag({ kind: 'disk', id: disk.id }, FERRY_TAGS)
    const file = openSync(diskFile(ferry.sandbox.home, disk.id), 'r+')
    writeSync(file, `old bytes of ${disk.device}`, 4096)
    closeSync(file)
  }
  await ferry.cloud.untag({ kind: 'instance', id }, FERRY_TAGS)
  return id
}
const FERRY_TAGS = ['ferry:managed', 'ferry:job', 'ferry:key']

function bytesOf(diskId: string, length: number): Buffer {
  const file = openSync(diskFile(ferry.sandbox.home, diskId), 'r')
  const bytes = Buffer.alloc(length)
  readSync(file, bytes, 0, length, 0)
  closeSync(file)
  return bytes
}

/** The disks of an instance that do not hold the bytes that are given, in their order. */
async function differing(
  instanceId: string,
  disks: readonly { read: () => Buffer }[],
): Promise<readonly number[]> {
  const attached = await ferry.cloud.disksOf(instanceId)
  expect(attached).toHaveLength(disks.length)
  return disks.flatMap(({ read }, index) => {
    const expected = read()
    return bytesOf(attached[index]?.id ?? '', expected.length).equals(expected) ? [] : [index]
  })
}

/** What the disks of an instance begin with now. */
async function remembered(instanceId: string): Promise<readonly { read: () => Buffer }[]> {
  return remember(
    (await ferry.cloud.disksOf(instanceId)).map(({ id }) => ({ read: () => bytesOf(id, MIB) })) as never,
  )
}

async function told(job: string): Promise<string> {
  const rows = await ferry.sql<{ title: string }[]>`select title from outbox where job = ${job} order by id`
  return rows.map(({ title }) => title).join('\n')
}

async function keptOf(job: string): Promise<readonly string[]> {
  const listed = (await ferry.tell(`resources ${job}`)).data?.['resources'] as {
    kind: string
    id: string
    outlivesJob: boolean
    purpose: string
  }[]
  return listed.filter(({ outlivesJob }) => outlivesJob).map(({ kind }) => kind)
}

describe('a destination instance', () => {
  it('S17: gets the disks of the source at completion, and gets its old ones back when asked', async () => {
    const server = await aServer([20, 30])
    const before = await remembered(server)
    const disks = await ferry.startSource('whole', [3 * MIB, 2 * MIB + 512])
    await ferry.tell(`create whole target=instance instance=${server}`)
    await ferry.tell('start whole')
    await ferry.waitFor('whole', 'waiting', 1)
    const seen = await ferry.tell('status whole')
    disks[0]?.write(MIB, 300 * KIB, 'the last writes')
    disks[1]?.write(MIB, 512, 'the last writes')

    const asked = await ferry.ask('olga', 'complete whole --last-sync --services-stopped', {
      confirmed: false,
    })
    const done = await completed(ferry, 'whole', '--last-sync --services-stopped')
    const afterwards = await differing(server, disks)
    const kept = await keptOf('whole')
    const attached = await ferry.cloud.disksOf(server)
    const tagged = (await ferry.cloud.inventory()).map(({ id }) => id)

    expect(seen.facts['Destination']).toMatch(
      new RegExp(`^${server} the old web-01 \\(127\\..*\\), Running, ecs.g6.large in `),
    )
    expect(seen.facts['Its disks now']).toBe('/dev/xvda 20 GiB, /dev/xvdb 30 GiB')
    expect(seen.facts['At completion']).toContain('/dev/xvda 20 GiB, /dev/xvdb 30 GiB')
    expect(asked.title).toContain(`All disks of the instance ${server} (the old web-01) are replaced`)
    expect(asked.facts['Is overwritten']).toContain(server)
    expect(afterwards).toEqual([])
    expect(done.facts['Way back']).toContain('`rollback whole`')
    expect(await ferry.cloud.instance(server)).toMatchObject({ status: 'Running', tags: {} })
    // The snapshot and image of the system disks, and the old data disk; the new disks are the instance's own now.
    expect(kept.toSorted()).toEqual(['disk', 'image', 'snapshot'])
    expect(attached.filter(({ id }) => tagged.includes(id))).toEqual([])
    expect(await told('whole')).toContain(`whole: the disks of ${server} are replaced by image #2`)

    const confirm = await ferry.ask('olga', 'rollback whole', { confirmed: false })
    await ferry.tell('rollback whole')
    await eventually(
      'the way back',
      async () => (await ferry.tell('status whole')).facts['Old disks'] === 'put back by `rollback`',
    )

    expect(confirm).toMatchObject({ outcome: 'refused', code: 'confirm' })
    expect(await differing(server, before)).toEqual([])
    expect((await ferry.cloud.instance(server))?.status).toBe('Running')
    expect(await told('whole')).toContain(`whole: ${server} has its old disks again`)
    expect((await ferry.ask('olga', 'rollback whole')).code).toBe('nothing-to-roll-back')
    // The migrated data disk is kept, with what was written to it.
    expect((await keptOf('whole')).toSorted()).toEqual(['disk', 'image', 'image', 'snapshot'])
    expect((await ferry.tell('audit verify')).code).toBe('audit-intact')

    const { data } = await ferry.tell('resources whole')
    const listed = data?.['resources'] as { kind: string; id: string; outlivesJob: boolean }[]
    const disk = listed.find(({ kind, outlivesJob }) => kind === 'disk' && outlivesJob)?.id ?? ''
    await ferry.tell(`release ${disk}`)
    await eventually('the release', async () => (await ferry.cloud.disk(disk)) === undefined)
  })

  it('S17: is replaced once though the reply to ReplaceSystemDisk is lost and nobody hears of it', async () => {
    const server = await aServer([20])
    const disks = await ferry.startSource('lost-reply', [MIB])
    await ferry.tell(`create lost-reply target=instance instance=${server}`)
    await ferry.tell('start lost-reply')
    await ferry.waitFor('lost-reply', 'waiting', 1)
    // As often as one call is tried; then the step is taken up again, and looks.
    ferry.sandbox.addFault({ action: 'ReplaceSystemDisk', kind: 'lost-reply', times: 5 })

    await completed(ferry, 'lost-reply')

    const image = await ferry.cloud.image((await newestImage(ferry, 'lost-reply')).id)
    expect(await differing(server, disks)).toEqual([])
    expect((await ferry.cloud.instance(server))?.imageId).toBe(image?.id)
    const calls = ferry.sandbox
      .calls()
      .filter(({ action, params }) => action === 'ReplaceSystemDisk' && params['InstanceId'] === server)
    expect(calls).toHaveLength(5)
    expect(new Set(calls.map(({ params }) => params['ClientToken'])).size).toBe(1)
    expect(await keptOf('lost-reply')).toEqual(['snapshot'])
  })

  it('S17: whose replacement fails half-way goes on with `retry`, or has its old disks back', async () => {
    const server = await aServer([20, 20])
    const before = await remembered(server)
    const disks = await ferry.startSource('half', [MIB, MIB])
    await ferry.tell(`create half target=instance instance=${server}`)
    await ferry.tell('start half')
    await ferry.waitFor('half', 'waiting', 1)
    const fail = { action: 'ReplaceSystemDisk', kind: 'error', code: 'Forbidden.RAM', status: 403 } as const
    ferry.sandbox.addFault(fail)
    const { data } = await ferry.tell('complete half')
    await ferry.tell(`approve ${String(data?.['approval'])}`, 'paula')
    const failed = await ferry.waitFor('half', 'error')
    const cleared = await ferry.ask('olga', 'clear half')

    await ferry.tell('rollback half')
    await eventually(
      'the way back',
      async () => (await ferry.tell('status half')).facts['Old disks'] === 'put back by `rollback`',
    )
    const restored = await differing(server, before)
    await ferry.tell('retry half')
    await ferry.waitFor('half', 'completed')

    expect(failed.facts['Done to it now']).toBe('replacing the system disk')
    expect(cleared).toMatchObject({ outcome: 'refused', code: 'destination-half-replaced' })
    expect(restored).toEqual([])
    expect(await differing(server, disks)).toEqual([])
  })

  it('S17: is refused in a sentence when it cannot take the disks', async () => {
    const sizes = [21 * 1024 * MIB]
    await ferry.startSource('unfit', sizes)
    const small = await aServer([20])
    const other = ferry.sandbox.zones[1] ?? ''
    const far = await aServer([40], { zone: other, vSwitch: `vsw-${other}` })
    const used = await aServer([40])
    await ferry.startSource('holder', [MIB])
    await ferry.tell(`create holder target=instance instance=${used}`)

    const answers: Record<string, string> = {}
    for (const [why, instance] of Object.entries({ small, far, missing: 'i-bp0000none' })) {
      await ferry.tell(`create unfit target=instance instance=${instance}`)
      const { facts } = await eventually(`the look at ${why}`, async () => {
        const reply = await ferry.tell('status unfit')
        return reply.facts['What is wrong with it'] === undefined ? undefined : reply
      })
      const refused = await ferry.ask('olga', 'start unfit')
      expect(refused).toMatchObject({ outcome: 'refused', code: 'destination-unfit' })
      expect(refused.title).toBe(facts['What is wrong with it'])
      answers[why] = refused.title
      await ferry.tell('clear unfit')
      await ferry.waitFor('unfit', 'cleared')
    }
    const taken = await ferry.ask('olga', `create unfit target=instance instance=${used}`)
    const lacking = await ferry.ask('olga', 'create unfit target=instance')
    const pointless = await ferry.ask('olga', `create unfit instance=${used}`)

    expect(answers['small']).toContain('has 20 GiB; ')
    expect(answers['small']).toContain(
      'of the source needs 21 GiB. Enlarge it in the cloud, or choose another',
    )
    expect(answers['far']).toContain(
      `is in the zone ${other}; its new disks are made in ${ferry.sandbox.zones[0] ?? ''}`,
    )
    expect(answers['missing']).toContain('i-bp0000none does not exist')
    expect(taken).toMatchObject({ code: 'destination-taken' })
    expect(taken.title).toContain('is the destination of holder already')
    expect(lacking.code).toBe('missing-argument')
    expect(pointless.code).toBe('bad-argument')
  })

  it('S17: is held by a tag, so that another installation finds it taken, and let go at the end', async () => {
    const server = await aServer([20])
    await ferry.startSource('held', [MIB])
    await ferry.cloud.tag({ kind: 'instance', id: server }, { 'ferry:destination': 'another/job' })
    await ferry.tell(`create held target=instance instance=${server}`)
    const problem = await eventually(
      'the look',
      async () => (await ferry.tell('status held')).facts['What is wrong with it'],
    )
    await ferry.cloud.untag({ kind: 'instance', id: server }, ['ferry:destination'])
    await ferry.sql`update destinations set problem = null where instance_id = ${server}`

    await ferry.tell('start held')
    await ferry.waitFor('held', 'waiting', 1)
    const held = (await ferry.cloud.instance(server))?.tags
    await ferry.tell('cancel held')
    await ferry.waitFor('held', 'cancelled')

    expect(problem).toContain('is held by another job (its tag ferry:destination says another/job)')
    expect(Object.keys(held ?? {})).toEqual(['ferry:destination'])
    expect((await ferry.cloud.instance(server))?.tags).toEqual({})
  })
})
