import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EcsModule, * as $Ecs from '@alicloud/ecs20140526'
import { $OpenApiUtil } from '@alicloud/openapi-core'
import { afterAll } from 'vitest'
import { sign } from '../../sandbox/ecs/signature.ts'
import { startSandbox } from '../../sandbox/ecs/server.ts'
import type { Sandbox } from '../../sandbox/ecs/server.ts'
import type { SandboxOptions } from '../../sandbox/ecs/options.ts'
import { SANDBOX_KEY } from '../../sandbox/ecs/options.ts'

export { $Ecs }
export type EcsClient = InstanceType<typeof EcsModule.default>

/** Node hands over the CJS namespace, vitest the class itself. */
const Client = typeof EcsModule === 'function' ? EcsModule : EcsModule.default

export const REGION = 'cn-hangzhou'
export const ZONE = 'cn-hangzhou-h'

/** The real SDK, pointed at a sandbox. */
export function clientOf(endpoint: string, secret = SANDBOX_KEY.secret): EcsClient {
  const config = { regionId: REGION, endpoint, protocol: 'HTTP', connectTimeout: 5000, readTimeout: 10_000 }
  return new Client(
    new $OpenApiUtil.Config({ ...config, accessKeyId: SANDBOX_KEY.id, accessKeySecret: secret }),
  )
}

const cleanUps: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
})

/** Has something undone when the test file ends; the last thing first. May be called inside a test. */
export function atEnd(cleanUp: () => Promise<unknown>): void {
  cleanUps.push(cleanUp)
}

/** A folder that goes away with the test file. */
export async function temporaryHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'ferry-sandbox-'))
  atEnd(() => rm(home, { recursive: true, force: true }))
  return home
}

/** A sandbox of the test file's own that loses no time. */
export async function freshSandbox(
  options: Partial<SandboxOptions> = {},
): Promise<{ sandbox: Sandbox; ecs: EcsClient; home: string }> {
  const home = options.home ?? (await temporaryHome())
  const sandbox = await startSandbox({ speed: 0, ...options, home })
  atEnd(() => sandbox.stop())
  return { sandbox, ecs: clientOf(sandbox.endpoint), home }
}

/** Waits until `read` gives `value`; the test fails when it takes too long. */
export async function until(read: () => Promise<unknown>, value: unknown): Promise<void> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const found = await read()
    if (found === value) return
    if (Date.now() > deadline)
      throw new Error(`Waited for ${String(value)} and still found ${String(found)}.`)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}

/** Starts an instance of the public image, which runs `script` at each boot. */
export async function runInstance(
  ecs: EcsClient,
  request: Partial<$Ecs.RunInstancesRequest> & { script?: string } = {},
): Promise<string> {
  const { script, ...given } = request
  const userData = script === undefined ? {} : { userData: Buffer.from(script).toString('base64') }
  const needed = { regionId: REGION, zoneId: ZONE, instanceType: 'ecs.c7.large', vSwitchId: `vsw-${ZONE}` }
  const image = { imageId: 'aliyun_3_x64_20G_alibase_20240819.vhd', securityGroupIds: ['sg-sandbox'] }
  const reply = await ecs.runInstances(
    new $Ecs.RunInstancesRequest({ ...needed, ...image, ...userData, ...given }),
  )
  return reply.body?.instanceIdSets?.instanceIdSet?.[0] ?? ''
}

export async function instanceOf(ecs: EcsClient, id: string) {
  const request = new $Ecs.DescribeInstancesRequest({ regionId: REGION, instanceIds: JSON.stringify([id]) })
  return (await ecs.describeInstances(request)).body?.instances?.instance?.[0]
}

export async function statusOf(ecs: EcsClient, id: string): Promise<string | undefined> {
  return (await instanceOf(ecs, id))?.status
}

export async function disksOf(ecs: EcsClient, instanceId: string) {
  const reply = await ecs.describeDisks(new $Ecs.DescribeDisksRequest({ regionId: REGION, instanceId }))
  return reply.body?.disks?.disk ?? []
}

/** The first data disk of a new running instance with one. */
export async function instanceWithDisk(ecs: EcsClient, request: Parameters<typeof runInstance>[1] = {}) {
  const dataDisk = [new $Ecs.RunInstancesRequestDataDisk({ size: 1, category: 'cloud_essd' })]
  const instanceId = await runInstance(ecs, { dataDisk, ...request })
  await until(() => statusOf(ecs, instanceId), 'Running')
  const disk = (await disksOf(ecs, instanceId)).find(({ type }) => type === 'data')
  return { instanceId, diskId: disk?.diskId ?? '' }
}

export async function snapshotOf(ecs: EcsClient, id: string) {
  const request = new $Ecs.DescribeSnapshotsRequest({ regionId: REGION, snapshotIds: JSON.stringify([id]) })
  return (await ecs.describeSnapshots(request)).body?.snapshots?.snapshot?.[0]
}

export async function accomplishedSnapshot(ecs: EcsClient, diskId: string): Promise<string> {
  const id = (await ecs.createSnapshot(new $Ecs.CreateSnapshotRequest({ diskId }))).body?.snapshotId ?? ''
  await until(async () => (await snapshotOf(ecs, id))?.status, 'accomplished')
  return id
}

export async function imageOf(ecs: EcsClient, imageId: string) {
  const request = new $Ecs.DescribeImagesRequest({ regionId: REGION, imageId, status: 'ALL' })
  return (await ecs.describeImages(request)).body?.images?.image?.[0]
}

/** An Available image whose system disk is the snapshot's. */
export async function imageFrom(ecs: EcsClient, snapshotId: string, imageName: string): Promise<string> {
  const mapping = { device: '/dev/xvda', diskType: 'system', snapshotId }
  const diskDeviceMapping = [new $Ecs.CreateImageRequestDiskDeviceMapping(mapping)]
  const reply = await ecs.createImage(
    new $Ecs.CreateImageRequest({ regionId: REGION, imageName, diskDeviceMapping }),
  )
  const id = reply.body?.imageId ?? ''
  await until(async () => (await imageOf(ecs, id))?.status, 'Available')
  return id
}

/** A signed call without the SDK, for what the SDK would never send. */
export async function rawCall(
  endpoint: string,
  action: string,
  params: Record<string, string>,
  twist: { secret?: string; keyId?: string; date?: Date; nonce?: string; body?: string } = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const { secret = SANDBOX_KEY.secret, keyId = SANDBOX_KEY.id, date = new Date(), body = '' } = twist
  const headers: Record<string, string> = {
    host: endpoint,
    'x-acs-action': action,
    'x-acs-content-sha256': createHash('sha256').update('').digest('hex'),
    'x-acs-date': `${date.toISOString().slice(0, 19)}Z`,
    'x-acs-signature-nonce': twist.nonce ?? randomBytes(32).toString('hex'),
    'x-acs-version': '2014-05-26',
  }
  const names = Object.keys(headers).sort()
  const query = Object.entries(params)
  const signature = sign({ method: 'POST', path: '/', query, headers, body: Buffer.from('') }, names, secret)
  headers['authorization'] =
    `ACS3-HMAC-SHA256 Credential=${keyId},SignedHeaders=${names.join(';')},Signature=${signature}`
  const url = `http://${endpoint}/?${new URLSearchParams(params).toString()}`
  const response = await fetch(url, { method: 'POST', headers, body })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
