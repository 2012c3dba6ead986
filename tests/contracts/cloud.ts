import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Cloud, NewImage, NewInstance, Tags } from '../../core/ports/cloud.ts'

/** A cloud, and a place in it where instances can be made. */
export interface CloudUnderTest {
  readonly cloud: Cloud
  readonly place: Pick<NewInstance, 'zone' | 'vSwitch' | 'securityGroup' | 'imageId' | 'instanceTypes'>
  readonly close: () => Promise<void>
}

const WITHIN = { timeout: 20_000, interval: 25 }

/** What every cloud must do: the comments of `core/ports/cloud.ts`, as tests. `make` is called once. */
export function describeCloud(name: string, make: () => Promise<CloudUnderTest>): void {
  describe(`${name}, as a cloud`, () => {
    let made: CloudUnderTest
    let cloud: Cloud
    beforeAll(async () => {
      made = await make()
      cloud = made.cloud
    })
    afterAll(() => made.close())

    const tagsOf = (key: string): Tags => ({ 'ferry:job': 'web-01', 'ferry:key': key })

    function anInstance(more: Partial<NewInstance> = {}): NewInstance {
      const key = randomUUID()
      return {
        token: key,
        name: 'No_Delete_SMC_Transition_Instance',
        ...made.place,
        publicAddress: true,
        systemDiskGiB: 20,
        dataDisks: [{ sizeGiB: 20 }],
        tags: tagsOf(key),
        ...more,
      }
    }
    async function running(request = anInstance()): Promise<string> {
      const id = await cloud.createInstance(request)
      await vi.waitFor(async () => expect((await cloud.instance(id))?.status).toBe('Running'), WITHIN)
      return id
    }
    async function firstDataDisk(instanceId: string): Promise<string> {
      const disks = await cloud.disksOf(instanceId)
      return disks.find(({ role }) => role === 'data')?.id ?? ''
    }
    async function snapshotOf(diskId: string): Promise<string> {
      const key = randomUUID()
      const id = await cloud.createSnapshot({ token: key, diskId, name: 'web-01-1', tags: tagsOf(key) })
      await vi.waitFor(async () => expect((await cloud.snapshot(id))?.status).toBe('accomplished'), WITHIN)
      return id
    }
    function anImage(snapshotIds: readonly string[], more: Partial<NewImage> = {}): NewImage {
      const key = randomUUID()
      return {
        token: key,
        name: `web-01-${key}`,
        description: 'The whole of web-01',
        architecture: 'x86_64',
        bootMode: 'BIOS',
        snapshots: snapshotIds.map((id) => ({ id, sizeGiB: 20 })),
        tags: tagsOf(key),
        ...more,
      }
    }
    async function available(request: NewImage): Promise<string> {
      const id = await cloud.createImage(request)
      await vi.waitFor(async () => expect((await cloud.image(id))?.status).toBe('Available'), WITHIN)
      return id
    }

    describe('what is only tried', () => {
      it('makes nothing, and says by a fault why it would not work', async () => {
        const request = anInstance()
        await cloud.tryInstance(request)
        await cloud.tryImage('web-01-tried')

        expect(await cloud.instancesTagged({ 'ferry:key': request.tags['ferry:key'] })).toEqual([])
        await expect(cloud.tryInstance(anInstance({ vSwitch: 'vsw-nowhere' }))).rejects.toMatchObject({
          code: 'CLOUD_NETWORK',
        })
      })

      it('is known to be in stock or not, type by type', async () => {
        const [type = ''] = made.place.instanceTypes

        expect(await cloud.stock(made.place.zone, [type])).toEqual([{ type, isAvailable: true }])
      })
    })

    describe('an instance', () => {
      it('comes up with its name, its image, an address and its tags', async () => {
        const request = anInstance()
        const id = await running(request)

        expect(await cloud.instance(id)).toMatchObject({
          id,
          name: request.name,
          imageId: request.imageId,
          address: expect.stringMatching(/./),
          tags: { ...request.tags, 'ferry:managed': 'true' },
        })
      })

      it('is made once, however often it is asked for with one token', async () => {
        const request = anInstance()
        const ids = await Promise.all([cloud.createInstance(request), cloud.createInstance(request)])

        expect(ids[1]).toBe(ids[0])
        expect(await cloud.createInstance(request)).toBe(ids[0])
        expect(await cloud.instancesTagged({ 'ferry:key': request.tags['ferry:key'] })).toHaveLength(1)
      })

      it('is found by its key when the token is forgotten', async () => {
        const request = anInstance()
        const id = await cloud.createInstance(request)

        expect(await cloud.createInstance({ ...request, token: randomUUID() })).toBe(id)
      })

      it('has its disks in the order of their devices', async () => {
        const id = await running(anInstance({ dataDisks: [{ sizeGiB: 21 }, { sizeGiB: 22 }] }))

        expect(await cloud.disksOf(id)).toMatchObject([
          { instanceId: id, device: '/dev/xvda', role: 'system', sizeGiB: 20 },
          { instanceId: id, device: '/dev/xvdb', role: 'data', sizeGiB: 21 },
          { instanceId: id, device: '/dev/xvdc', role: 'data', sizeGiB: 22 },
        ])
      })

      it('is among those with its tags, and no other is', async () => {
        const [mine, other] = [anInstance(), anInstance()]
        const id = await cloud.createInstance(mine)
        await cloud.createInstance(other)

        const found = await cloud.instancesTagged({
          'ferry:job': 'web-01',
          'ferry:key': mine.tags['ferry:key'],
        })
        expect(found.map((instance) => instance.id)).toEqual([id])
      })

      it('has a system that answers once it has booted', async () => {
        const id = await running()

        await vi.waitFor(async () => expect(await cloud.assistantAnswers(id)).toBe(true), WITHIN)
      })

      it('runs a command in its system, and tells its exit code and what it wrote', async () => {
        const instanceId = await running()
        await vi.waitFor(async () => expect(await cloud.assistantAnswers(instanceId)).toBe(true), WITHIN)
        const ended = async (script: string) => {
          const request = { token: `${instanceId} ${script}`, instanceId, script, timeoutMs: 10_000 }
          const invocationId = await cloud.runCommand(request)
          expect(await cloud.runCommand(request)).toBe(invocationId)
          return vi.waitFor(async () => {
            const result = await cloud.commandResult({ invocationId, instanceId })
            expect(result).toBeDefined()
            return result
          }, WITHIN)
        }

        expect(await ended('echo well')).toMatchObject({ end: 'exited', exitCode: 0, output: 'well\n' })
        expect(await ended('echo ill >&2; exit 4')).toMatchObject({
          ...{ end: 'exited', exitCode: 4, output: 'ill\n' },
        })
      })

      it('has a console, which of nothing that is there is empty', async () => {
        expect(typeof (await cloud.consoleOutput(await running()))).toBe('string')
        expect(await cloud.consoleOutput('i-bp0000000000000000none')).toBe('')
      })

      it('may stand in a group of its own, which is made once', async () => {
        const group = { key: randomUUID(), besides: made.place.securityGroup, outward: false }
        const securityGroup = await cloud.isolatedGroup(group)

        expect(await cloud.isolatedGroup(group)).toBe(securityGroup)
        expect(securityGroup).not.toBe(group.besides)
        await running(anInstance({ securityGroup }))
      })

      it('comes up again after a restart, asked for twice or not', async () => {
        const id = await running()
        await Promise.all([cloud.restartInstance(id), cloud.restartInstance(id).catch(() => undefined)])

        await vi.waitFor(async () => expect((await cloud.instance(id))?.status).toBe('Running'), WITHIN)
      })

      it('goes with the disks that came with it, and may be deleted again', async () => {
        const id = await running()
        await cloud.deleteInstance(id)

        await vi.waitFor(async () => expect(await cloud.instance(id)).toBeUndefined(), WITHIN)
        expect(await cloud.disksOf(id)).toEqual([])
        await expect(cloud.deleteInstance(id)).resolves.toBeUndefined()
      })

      it('that does not exist reads as undefined', async () => {
        expect(await cloud.instance('i-bp0000000000000000none')).toBeUndefined()
      })
    })

    describe('a disk', () => {
      async function madeOf(snapshotId: string): Promise<string> {
        const key = randomUUID()
        const request = { token: key, name: 'SMC_Temp_Disk', zone: made.place.zone, sizeGiB: 30, snapshotId }
        const id = await cloud.createDisk({ ...request, tags: tagsOf(key) })
        expect(await cloud.createDisk({ ...request, token: randomUUID(), tags: tagsOf(key) })).toBe(id)
        await vi.waitFor(async () => expect((await cloud.disk(id))?.status).toBe('Available'), WITHIN)
        return id
      }

      it('is made of a snapshot, once for one key, and attached where it is asked for', async () => {
        const instanceId = await running()
        const id = await madeOf(await snapshotOf(await firstDataDisk(instanceId)))
        await cloud.attachDisk({ diskId: id, instanceId, device: '/dev/xvdd', deleteWithInstance: false })

        await vi.waitFor(async () => expect((await cloud.disk(id))?.status).toBe('In_use'), WITHIN)
        expect(await cloud.disk(id)).toMatchObject({
          ...{ instanceId, device: '/dev/xvdd', role: 'data', sizeGiB: 30, deleteWithInstance: false },
        })
      })

      it('takes tags and lets them go', async () => {
        const id = await firstDataDisk(await running())
        const tags = async (): Promise<unknown> =>
          (await cloud.inventory()).find((each) => each.id === id)?.tags
        await cloud.tag({ kind: 'disk', id }, { 'ferry:more': 'yes' })

        expect(await tags()).toMatchObject({ 'ferry:more': 'yes', 'ferry:managed': 'true' })
        await cloud.untag({ kind: 'disk', id }, ['ferry:managed'])
        expect(await tags()).toBeUndefined()
      })

      it('of a system is replaced on a stopped instance by one of an image, once for one token', async () => {
        const instanceId = await running()
        const [old] = await cloud.disksOf(instanceId)
        const imageId = await available(anImage([await snapshotOf(await firstDataDisk(instanceId))]))
        const request = { token: randomUUID(), instanceId, imageId, sizeGiB: 25 }
        await expect(cloud.replaceSystemDisk(request)).rejects.toMatchObject({ code: 'CLOUD_WAIT' })
        await cloud.stopInstance(instanceId)
        await vi.waitFor(
          async () => expect((await cloud.instance(instanceId))?.status).toBe('Stopped'),
          WITHIN,
        )

        await cloud.replaceSystemDisk({ ...request, token: request.token + ' anew' })
        await cloud.replaceSystemDisk({ ...request, token: request.token + ' anew' })

        await vi.waitFor(
          async () => expect((await cloud.disksOf(instanceId))[0]?.status).toBe('In_use'),
          WITHIN,
        )
        const [system] = await cloud.disksOf(instanceId)
        expect(system).toMatchObject({ device: '/dev/xvda', role: 'system', sizeGiB: 25 })
        expect(system?.id).not.toBe(old?.id)
        expect(await cloud.disk(old?.id ?? '')).toBeUndefined()
        expect((await cloud.instance(instanceId))?.imageId).toBe(imageId)
      })

      it('that does not exist may be deleted', async () => {
        await expect(cloud.deleteDisk('d-bp0000000000000000none')).resolves.toBeUndefined()
      })
    })

    describe('a snapshot', () => {
      it('ends as accomplished, with its disk and its tags', async () => {
        const diskId = await firstDataDisk(await running())
        const id = await snapshotOf(diskId)

        expect(await cloud.snapshot(id)).toMatchObject({
          id,
          diskId,
          percent: 100,
          tags: { 'ferry:job': 'web-01' },
        })
      })

      it('is made once for one token or one key', async () => {
        const diskId = await firstDataDisk(await running())
        const key = randomUUID()
        const request = { token: key, diskId, name: 'web-01-1', tags: tagsOf(key) }
        const id = await cloud.createSnapshot(request)

        expect(await cloud.createSnapshot(request)).toBe(id)
        expect(await cloud.createSnapshot({ ...request, token: randomUUID() })).toBe(id)
        expect((await cloud.snapshotsTagged({ 'ferry:key': key })).map((snapshot) => snapshot.id)).toEqual([
          id,
        ])
      })

      it('may be deleted twice, and is gone', async () => {
        const id = await snapshotOf(await firstDataDisk(await running()))
        await cloud.deleteSnapshot(id)
        await cloud.deleteSnapshot(id)

        expect(await cloud.snapshot(id)).toBeUndefined()
      })

      it('stays when its instance goes', async () => {
        const instanceId = await running()
        const id = await snapshotOf(await firstDataDisk(instanceId))
        await cloud.deleteInstance(instanceId)
        await vi.waitFor(async () => expect(await cloud.instance(instanceId)).toBeUndefined(), WITHIN)

        expect(await cloud.snapshot(id)).toMatchObject({ status: 'accomplished' })
      })
    })

    describe('an image', () => {
      it('is the disks of its snapshots, in their order', async () => {
        const instanceId = await running(anInstance({ dataDisks: [{ sizeGiB: 20 }, { sizeGiB: 20 }] }))
        const disks = (await cloud.disksOf(instanceId)).filter(({ role }) => role === 'data')
        const snapshotIds = await Promise.all(disks.map(({ id }) => snapshotOf(id)))
        const request = anImage(snapshotIds)
        const id = await available(request)

        expect(await cloud.image(id)).toMatchObject({
          id,
          name: request.name,
          percent: 100,
          inUse: false,
          snapshotIds,
          tags: { ...request.tags, 'ferry:managed': 'true' },
        })
      })

      it('is made once for one token or one key', async () => {
        const snapshot = await snapshotOf(await firstDataDisk(await running()))
        const request = anImage([snapshot])
        const id = await cloud.createImage(request)

        expect(await cloud.createImage(request)).toBe(id)
        expect(await cloud.createImage({ ...request, token: randomUUID() })).toBe(id)
        expect(await cloud.imagesTagged({ 'ferry:key': request.tags['ferry:key'] })).toHaveLength(1)
      })

      it('does not take the name of another', async () => {
        const snapshot = await snapshotOf(await firstDataDisk(await running()))
        const { name: taken } = await cloud.createImage(anImage([snapshot])).then(async (id) => {
          return (await cloud.image(id)) ?? { name: '' }
        })

        const second = cloud.createImage(anImage([snapshot], { name: taken }))
        await expect(second).rejects.toMatchObject({ name: 'Fault', code: 'IMAGE_NAME_TAKEN' })
      })

      it('holds its snapshots until it is deleted', async () => {
        const snapshot = await snapshotOf(await firstDataDisk(await running()))
        const id = await available(anImage([snapshot]))

        await expect(cloud.deleteSnapshot(snapshot)).rejects.toMatchObject({ code: 'SNAPSHOT_IN_USE' })

        await cloud.deleteImage(id)
        await cloud.deleteImage(id)
        await cloud.deleteSnapshot(snapshot)
        expect(await cloud.image(id)).toBeUndefined()
        expect(await cloud.snapshot(snapshot)).toBeUndefined()
      })

      it('is not deleted while an instance was made of it', async () => {
        const snapshot = await snapshotOf(await firstDataDisk(await running()))
        const id = await available(anImage([snapshot]))
        await running(anInstance({ imageId: id, dataDisks: [] }))

        await expect(cloud.deleteImage(id)).rejects.toMatchObject({ name: 'Fault', code: 'IMAGE_IN_USE' })
        expect(await cloud.image(id)).toMatchObject({ inUse: true, status: 'Available' })
      })

      it('that does not exist reads as undefined and may be deleted', async () => {
        expect(await cloud.image('m-bp0000000000000000none')).toBeUndefined()
        await expect(cloud.deleteImage('m-bp0000000000000000none')).resolves.toBeUndefined()
      })
    })

    describe('a price', () => {
      it('is told for an instance with its disks and for a disk alone, by the hour', async () => {
        const id = await running()
        const [instance, disks] = [await cloud.instance(id), await cloud.disksOf(id)]
        const { type = '', zone = '' } = instance ?? {}
        const [system, data] = disks
        if (system === undefined || data === undefined) throw new Error('the instance lacks a disk')

        const bare = await cloud.price({ kind: 'instance', type, zone, disks: [system] })
        const whole = await cloud.price({ kind: 'instance', type, zone, disks })
        const disk = await cloud.price({ kind: 'disk', ...data })

        expect(whole?.currency).toMatch(/^[A-Z]{3}$/)
        expect(bare?.perHour).toBeGreaterThan(0)
        expect(whole?.perHour).toBeCloseTo((bare?.perHour ?? 0) + (disk?.perHour ?? 0), 3)
      })

      it('is undefined for what is not sold', async () => {
        const nothing = { kind: 'instance', type: 'none', zone: made.place.zone, disks: [] } as const

        expect(await cloud.price(nothing)).toBeUndefined()
      })
    })

    describe('the inventory', () => {
      it('lists everything that was made, disks included, with its tags', async () => {
        const request = anInstance()
        const instanceId = await running(request)
        const disks = await cloud.disksOf(instanceId)
        const snapshotId = await snapshotOf(await firstDataDisk(instanceId))
        const imageId = await available(anImage([snapshotId]))

        const found = await cloud.inventory()

        const expected = [
          { kind: 'instance', id: instanceId },
          ...disks.map(({ id }) => ({ kind: 'disk', id, instanceId })),
          { kind: 'snapshot', id: snapshotId },
          { kind: 'image', id: imageId },
        ]
        for (const resource of expected) {
          expect(found).toContainEqual({
            ...resource,
            tags: expect.objectContaining({ 'ferry:managed': 'true' }),
          })
        }
        expect(found.every(({ tags }) => tags['ferry:managed'] === 'true')).toBe(true)
      })
    })
  })
}
