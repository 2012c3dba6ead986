import { describe, expect, it } from 'vitest'
import { $Ecs, clientOf, freshSandbox, rawCall, REGION } from './ecs-client.ts'

const { sandbox, ecs } = await freshSandbox()
const describeImages = new $Ecs.DescribeImagesRequest({ regionId: REGION, status: 'ALL' })

describe('the gateway', () => {
  it('accepts what the SDK signs, whatever the characters', async () => {
    const imageName = "ünïcode !'()*~+ %20"

    const reply = await ecs.describeImages(new $Ecs.DescribeImagesRequest({ regionId: REGION, imageName }))

    expect(reply.body?.totalCount).toBe(0)
    expect(reply.body?.requestId).toMatch(/^[0-9A-F-]{36}$/)
  })

  it('refuses a wrong secret', async () => {
    const stranger = clientOf(sandbox.endpoint, 'not the secret')

    await expect(stranger.describeImages(describeImages)).rejects.toMatchObject({
      code: 'SignatureDoesNotMatch',
    })
  })

  it('refuses an unknown access key', async () => {
    const reply = await rawCall(
      sandbox.endpoint,
      'DescribeZones',
      { RegionId: REGION },
      { keyId: 'LTAIunknown' },
    )

    expect(reply).toMatchObject({ status: 404, body: { Code: 'InvalidAccessKeyId.NotFound' } })
  })

  it.each([-16, 16])('refuses a date %i minutes away', async (minutes) => {
    const date = new Date(Date.now() + minutes * 60_000)

    const reply = await rawCall(sandbox.endpoint, 'DescribeZones', { RegionId: REGION }, { date })

    expect(reply).toMatchObject({ status: 400, body: { Code: 'InvalidTimeStamp.Expired' } })
  })

  it('refuses a nonce that was used', async () => {
    const call = () =>
      rawCall(sandbox.endpoint, 'DescribeZones', { RegionId: REGION }, { nonce: 'once-only' })

    expect((await call()).status).toBe(200)
    expect(await call()).toMatchObject({ status: 400, body: { Code: 'SignatureNonceUsed' } })
  })

  it('refuses a body that the signature does not cover', async () => {
    const reply = await rawCall(
      sandbox.endpoint,
      'DescribeZones',
      { RegionId: REGION },
      { body: 'RegionId=other' },
    )

    expect(reply).toMatchObject({ status: 400, body: { Code: 'SignatureDoesNotMatch' } })
  })

  it('refuses an action that it does not know', async () => {
    const reply = await rawCall(sandbox.endpoint, 'MakeCoffee', {})

    expect(reply).toMatchObject({ status: 404, body: { Code: 'InvalidAction.NotFound' } })
    expect(Object.keys(reply.body).sort()).toEqual(['Code', 'HostId', 'Message', 'Recommend', 'RequestId'])
  })

  it('refuses a call without a mandatory parameter, and names it', async () => {
    const reply = ecs.createSnapshot(new $Ecs.CreateSnapshotRequest({}))

    await expect(reply).rejects.toMatchObject({ code: 'MissingParameter', statusCode: 400 })
    await expect(reply).rejects.toThrow('"DiskId"')
  })

  it('refuses another region', async () => {
    const reply = ecs.describeDisks(new $Ecs.DescribeDisksRequest({ regionId: 'mars-1' }))

    await expect(reply).rejects.toMatchObject({ code: 'InvalidRegionId.NotFound', statusCode: 404 })
  })

  it('takes a UserData of 32 KiB in the request line', async () => {
    const userData = Buffer.alloc(32 * 1024 + 1, '#').toString('base64')
    const request = { regionId: REGION, imageId: sandbox.baseImage, instanceType: 'ecs.c7.large', userData }
    const place = { vSwitchId: sandbox.vSwitch, securityGroupId: sandbox.securityGroup }

    const reply = ecs.runInstances(new $Ecs.RunInstancesRequest({ ...request, ...place }))

    await expect(reply).rejects.toMatchObject({ code: 'InvalidUserData.SizeExceeded' })
  })

  it('is deaf to web pages', async () => {
    const init = { method: 'DELETE', headers: { origin: 'https://example.com' } }

    const reply = await fetch(`${sandbox.url}/__faults`, init)

    expect(reply.status).toBe(403)
  })
})
