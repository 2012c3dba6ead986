import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createAlicloud } from '../../../core/adapters/alicloud/cloud.ts'
import type { EcsSeams } from '../../../core/adapters/alicloud/client.ts'
import type { AlicloudConfig } from '../../../core/adapters/alicloud/sdk.ts'
import { Fault } from '../../../core/domain/faults.ts'
import type { Cloud, NewImage, NewInstance } from '../../../core/ports/cloud.ts'
import type { FaultRule } from '../../../sandbox/ecs/faults.ts'
import type { SandboxOptions } from '../../../sandbox/ecs/options.ts'
import { startSandbox } from '../../../sandbox/ecs/server.ts'
import type { Sandbox } from '../../../sandbox/ecs/server.ts'
import { describeCloud } from '../../contracts/cloud.ts'

const TYPE = 'ecs.c7.large'
const WITHIN = { timeout: 20_000, interval: 25 }

interface Lab {
  readonly sandbox: Sandbox
  readonly cloud: Cloud
  /** Another client of the same account. */
  readonly connect: (config?: Partial<AlicloudConfig>, seams?: EcsSeams) => Cloud
  readonly anInstance: (more?: Partial<NewInstance>) => NewInstance
  /** How often an operation was called so far. */
  readonly calls: (action: string) => number
  readonly close: () => Promise<void>
}

/** The real SDK against the sandbox; both are ten times as fast as by themselves. */
async function openLab(options: Omit<SandboxOptions, 'home'> = {}): Promise<Lab> {
  const home = await mkdtemp(join(tmpdir(), 'ferry-ecs-'))
  const sandbox = await startSandbox({ home, speed: 0.1, ...options })
  const connect: Lab['connect'] = (config = {}, seams = {}) => {
    const { id: accessKeyId, secret: accessKeySecret } = sandbox.accessKey
    const { region, endpoint } = sandbox
    const patience = { pause: (ms: number) => sleep(ms / 10), random: Math.random }
    return createAlicloud(
      { region, accessKeyId, accessKeySecret, endpoint, protocol: 'HTTP', ...config },
      { retry: patience, ...seams },
    )
  }
  return {
    sandbox,
    cloud: connect(),
    connect,
    anInstance: (more = {}) => {
      const key = randomUUID()
      return {
        token: key,
        name: 'No_Delete_SMC_Transition_Instance',
        ...placeIn(sandbox),
        publicAddress: false,
        systemDiskGiB: 20,
        dataDisks: [{ sizeGiB: 20 }],
        tags: { 'ferry:job': 'web-01', 'ferry:key': key },
        ...more,
      }
    },
    calls: (action) => sandbox.calls().filter((call) => call.action === action).length,
    close: async () => {
      await sandbox.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

function placeIn(sandbox: Sandbox) {
  return {
    zone: sandbox.zones[0] ?? '',
    vSwitch: sandbox.vSwitch,
    securityGroup: sandbox.securityGroup,
    imageId: sandbox.baseImage,
    instanceTypes: [TYPE],
  }
}

describeCloud('Alibaba Cloud', async () => {
  const { sandbox, cloud, close } = await openLab()
  return { cloud, place: placeIn(sandbox), close }
})

describe('the Alibaba Cloud adapter', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab({ soldOut: ['ecs.gone.large'], quotas: { instances: 1000 } })
  })
  afterEach(() => lab.sandbox.clearFaults())
  afterAll(() => lab.close())

  const refuse = (action: string, code: string, status = 403): FaultRule => {
    return { action, kind: 'error', times: 99, code, status, message: 'Not here.' }
  }
  const fault = async (call: Promise<unknown>): Promise<Fault> => {
    const error: unknown = await call.then(() => undefined).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Fault)
    return error as Fault
  }

  describe('meets transient trouble', () => {
    it.each<[string, Omit<FaultRule, 'action'>]>([
      ['throttling', { kind: 'throttle', times: 4, retryAfterMs: 20 }],
      ['a 500', { kind: 'error', status: 500, code: 'InternalError', times: 4 }],
      ['a 503', { kind: 'error', status: 503, code: 'ServiceUnavailable', times: 2 }],
      ['the page of a load balancer', { kind: 'html', times: 2 }],
      ['a torn connection', { kind: 'reset', times: 2 }],
    ])('%s, and gets through', async (_name, rule) => {
      lab.sandbox.addFault({ action: 'DescribeInstances', ...rule })

      await expect(lab.cloud.instancesTagged({ 'ferry:key': 'none' })).resolves.toEqual([])
    })

    it('that lasts, and says CLOUD_BUSY after five tries', async () => {
      lab.sandbox.addFault({
        action: 'DescribeDisks',
        kind: 'error',
        status: 503,
        code: 'ServiceUnavailable',
        times: 99,
      })
      const before = lab.calls('DescribeDisks')

      expect(await fault(lab.cloud.disksOf('i-1'))).toMatchObject({
        code: 'CLOUD_BUSY',
        facts: { 'cloud code': 'ServiceUnavailable', RequestId: expect.stringMatching(/^[0-9A-F-]{36}$/) },
      })
      expect(lab.calls('DescribeDisks') - before).toBe(5)
    })

    it('waits as long as the cloud asks for', async () => {
      const pauses: number[] = []
      const pause = (ms: number) => Promise.resolve(pauses.push(ms))
      const cloud = lab.connect({}, { retry: { pause, random: () => 0 } })
      lab.sandbox.addFault({ action: 'DescribeDisks', kind: 'throttle', retryAfterMs: 1234 })

      await cloud.disksOf('i-1')
      expect(pauses).toEqual([1234])
    })

    it.each(['describeDisks', 'runInstances'])(
      'gives up on a %s that hangs, and tries again',
      async (operation) => {
        const cloud = lab.connect({}, { timeouts: { connectMs: 150, readMs: 300 } })
        const action = operation.charAt(0).toUpperCase() + operation.slice(1)
        lab.sandbox.addFault({ action, kind: 'hang' })
        const request = lab.anInstance()

        const asked = operation === 'runInstances' ? cloud.createInstance(request) : cloud.disksOf('i-1')
        await expect(asked).resolves.toBeDefined()
      },
    )
  })

  describe('makes one resource though the reply is lost', () => {
    it('of an instance', async () => {
      lab.sandbox.addFault({ action: 'RunInstances', kind: 'lost-reply' })
      const request = lab.anInstance()
      const id = await lab.cloud.createInstance(request)

      expect(
        (await lab.cloud.instancesTagged({ 'ferry:key': request.token })).map((found) => found.id),
      ).toEqual([id])
    })

    it('of a snapshot, and of an image', async () => {
      const diskId = await dataDiskOfRunning(lab)
      lab.sandbox.addFault({ action: 'CreateSnapshot', kind: 'lost-reply' })
      lab.sandbox.addFault({ action: 'CreateImage', kind: 'lost-reply' })
      const snapshotId = await accomplished(lab.cloud, diskId)
      const request = anImage(snapshotId)
      const imageId = await lab.cloud.createImage(request)

      const snapshots = (await lab.cloud.inventory()).filter(({ kind }) => kind === 'snapshot')
      expect(snapshots.map(({ id }) => id)).toContain(snapshotId)
      expect(await lab.cloud.imagesTagged({ 'ferry:key': request.token })).toMatchObject([{ id: imageId }])
    })

    it('of a deletion', async () => {
      const id = await lab.cloud.createInstance(lab.anInstance())
      lab.sandbox.addFault({ action: 'DeleteInstance', kind: 'lost-reply' })

      await vi.waitFor(() => lab.cloud.deleteInstance(id), WITHIN)
      await vi.waitFor(async () => expect(await lab.cloud.instance(id)).toBeUndefined(), WITHIN)
    })

    it('after the process that asked is gone and the token forgotten', async () => {
      const request = lab.anInstance()
      const id = await lab.cloud.createInstance(request)
      const before = lab.calls('RunInstances')

      expect(await lab.connect().createInstance({ ...request, token: 'another' })).toBe(id)
      expect(lab.calls('RunInstances')).toBe(before)
    })
  })

  describe('takes another type when one is sold out', () => {
    it('and asks in the order that was given', async () => {
      const request = lab.anInstance({ instanceTypes: ['ecs.gone.large', TYPE] })
      const before = lab.calls('RunInstances')

      await expect(lab.cloud.createInstance(request)).resolves.toMatch(/^i-/)
      expect(lab.calls('RunInstances') - before).toBe(2)
    })

    it('and says NO_STOCK when none is left', async () => {
      const request = lab.anInstance({ instanceTypes: ['ecs.gone.large'] })

      expect(await fault(lab.cloud.createInstance(request))).toMatchObject({
        code: 'NO_STOCK',
        facts: { 'cloud code': 'OperationDenied.NoStock' },
      })
    })
  })

  describe('says in the words of the catalogue', () => {
    it.each([
      ['RunInstances', 'QuotaExceed.ElasticQuota', 'QUOTA_INSTANCES'],
      ['RunInstances', 'InvalidAccountStatus.NotEnoughBalance', 'BALANCE'],
      ['RunInstances', 'Forbidden.RAM', 'FORBIDDEN'],
      ['CreateSnapshot', 'QuotaExceed.Snapshot', 'QUOTA_SNAPSHOTS'],
      ['CreateImage', 'QuotaExceed.Image', 'QUOTA_IMAGES'],
      ['CreateImage', 'UserNotInTheWhiteList', 'IMAGE_FROM_DATA_DISK_REFUSED'],
      ['CreateImage', 'InvalidSnapshotId.NotReady', 'CLOUD_WAIT'],
    ])('what %s means by %s', async (action, cloudCode, code) => {
      lab.sandbox.addFault(refuse(action, cloudCode))
      const tags = { 'ferry:job': 'web-01', 'ferry:key': randomUUID() }
      const calls: Record<string, () => Promise<unknown>> = {
        RunInstances: () => lab.cloud.createInstance(lab.anInstance()),
        CreateSnapshot: () =>
          lab.cloud.createSnapshot({ token: tags['ferry:key'], diskId: 'd-1', name: 'web-01', tags }),
        CreateImage: () => lab.cloud.createImage(anImage('s-1')),
      }
      const call = calls[action]?.() ?? Promise.resolve()

      expect(await fault(call)).toMatchObject({
        code,
        message: 'Not here.',
        facts: { 'cloud code': cloudCode },
      })
    })

    it('that the key is wrong', async () => {
      const [id, secret] = [{ accessKeyId: 'LTAI5tNobody' }, { accessKeySecret: 'wrong' }]

      expect((await fault(lab.connect(id).inventory())).code).toBe('CREDENTIALS')
      const { code, message } = await fault(lab.connect(secret).inventory())
      expect(code).toBe('CREDENTIALS')
      expect(message).not.toContain(lab.sandbox.accessKey.secret)
    })

    it('that nobody is there', async () => {
      const nowhere = lab.connect({ endpoint: '127.0.0.1:1' })

      expect(await fault(nowhere.instance('i-1'))).toMatchObject({
        code: 'CLOUD_UNREACHABLE',
        facts: { 'cloud code': 'ECONNREFUSED' },
      })
    })
  })

  it('reads a list of more than one page to its end', async () => {
    const job = randomUUID()
    const requests = Array.from({ length: 101 }, () => {
      const request = lab.anInstance({ dataDisks: [] })
      return { ...request, tags: { ...request.tags, 'ferry:job': job } }
    })
    const ids: string[] = []
    for (const request of requests) ids.push(await lab.cloud.createInstance(request))

    const found = await lab.cloud.instancesTagged({ 'ferry:job': job })
    expect(found.map(({ id }) => id).sort()).toEqual(ids.sort())
  })

  it('sends the start-up text in base64 and a release time in whole minutes, not before the one asked for', async () => {
    const releaseAt = new Date(Date.now() + 30 * 60_000)
    const userData = '#!/bin/sh\necho ахой\n'
    await lab.cloud.createInstance(lab.anInstance({ userData, releaseAt }))

    const sent = lab.sandbox.calls().findLast(({ action }) => action === 'RunInstances')?.params ?? {}
    expect(Buffer.from(sent['UserData'] ?? '', 'base64').toString()).toBe(userData)
    expect(sent['AutoReleaseTime']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$/)
    expect(Date.parse(sent['AutoReleaseTime'] ?? '')).toBeGreaterThanOrEqual(releaseAt.getTime())
  })
})

describe('the Alibaba Cloud adapter, on an account with limits', () => {
  let lab: Lab
  beforeAll(async () => {
    const quotas = { instances: 2, images: 1, snapshotsPerDisk: 2 }
    lab = await openLab({ quotas, whitelistDataDiskImages: false })
  })
  afterAll(() => lab.close())

  it('is refused an image of a data disk, and gets one of a system disk', async () => {
    const id = await runningInstance(lab)
    const [system, data] = await lab.cloud.disksOf(id)
    const ofData = await accomplished(lab.cloud, data?.id ?? '')
    const ofSystem = await accomplished(lab.cloud, system?.id ?? '')

    await expect(lab.cloud.createImage(anImage(ofData))).rejects.toMatchObject({
      code: 'IMAGE_FROM_DATA_DISK_REFUSED',
    })
    await expect(lab.cloud.createImage(anImage(ofSystem))).resolves.toMatch(/^m-/)
    await expect(lab.cloud.createImage(anImage(ofSystem))).rejects.toMatchObject({ code: 'QUOTA_IMAGES' })
  })

  it('is refused the snapshot and the instance that are too many', async () => {
    const diskId = await dataDiskOfRunning(lab)
    await accomplished(lab.cloud, diskId)
    await accomplished(lab.cloud, diskId)

    await expect(accomplished(lab.cloud, diskId)).rejects.toMatchObject({ code: 'QUOTA_SNAPSHOTS' })
    await expect(lab.cloud.createInstance(lab.anInstance())).rejects.toMatchObject({
      code: 'QUOTA_INSTANCES',
    })
  })
})

async function runningInstance(lab: Lab): Promise<string> {
  const id = await lab.cloud.createInstance(lab.anInstance())
  await vi.waitFor(async () => expect((await lab.cloud.instance(id))?.status).toBe('Running'), WITHIN)
  return id
}

async function dataDiskOfRunning(lab: Lab): Promise<string> {
  const disks = await lab.cloud.disksOf(await runningInstance(lab))
  return disks[1]?.id ?? ''
}

async function accomplished(cloud: Cloud, diskId: string, sync = 'sync'): Promise<string> {
  const key = randomUUID()
  const tags = { 'ferry:job': 'web-01', 'ferry:key': key, 'ferry:sync': sync }
  const id = await cloud.createSnapshot({ token: key, diskId, name: 'web-01', tags })
  await vi.waitFor(async () => expect((await cloud.snapshot(id))?.status).toBe('accomplished'), WITHIN)
  return id
}

function anImage(snapshotId: string): NewImage {
  const key = randomUUID()
  return {
    token: key,
    name: `web-01-${key}`,
    description: 'The whole of web-01',
    architecture: 'x86_64',
    bootMode: 'BIOS',
    snapshots: [{ id: snapshotId, sizeGiB: 20 }],
    tags: { 'ferry:job': 'web-01', 'ferry:key': key },
  }
}
