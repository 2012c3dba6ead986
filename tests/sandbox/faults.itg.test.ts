import { afterEach, describe, expect, it } from 'vitest'
import { $Ecs, freshSandbox, REGION, until } from './ecs-client.ts'

const { sandbox, ecs } = await freshSandbox()
const zones = () => ecs.describeZones(new $Ecs.DescribeZonesRequest({ regionId: REGION }))
const newDisk = (clientToken: string, size = 1) =>
  ecs.createDisk(
    new $Ecs.CreateDiskRequest({ regionId: REGION, zoneId: sandbox.zones[0] ?? '', size, clientToken }),
  )

async function diskCount() {
  return (await ecs.describeDisks(new $Ecs.DescribeDisksRequest({ regionId: REGION }))).body?.totalCount
}

afterEach(() => sandbox.clearFaults())

describe('a fault on purpose', () => {
  it('answers with the code and status it was given, once', async () => {
    sandbox.addFault({
      action: 'DescribeZones',
      kind: 'error',
      status: 403,
      code: 'Forbidden.RAM',
      message: 'No.',
    })

    await expect(zones()).rejects.toMatchObject({
      name: 'ClientError',
      code: 'Forbidden.RAM',
      statusCode: 403,
    })
    await expect(zones()).resolves.toBeDefined()
  })

  it('throttles and says when to come back', async () => {
    sandbox.addFault({ action: 'DescribeZones', kind: 'throttle', retryAfterMs: 700 })

    await expect(zones()).rejects.toMatchObject({ name: 'ThrottlingError', retryAfter: 700 })
  })

  it('tears the connection down', async () => {
    sandbox.addFault({ action: 'DescribeZones', kind: 'reset' })

    await expect(zones()).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('answers with a page that is not JSON', async () => {
    sandbox.addFault({ action: 'DescribeZones', kind: 'html' })

    await expect(zones()).rejects.toThrow(SyntaxError)
  })

  it('does not answer', async () => {
    sandbox.addFault({ action: 'DescribeZones', kind: 'hang' })
    const { RuntimeOptions } = await import('@darabonba/typescript')
    const impatient = new RuntimeOptions({ connectTimeout: 150, readTimeout: 150 })

    const reply = ecs.describeZonesWithOptions(new $Ecs.DescribeZonesRequest({ regionId: REGION }), impatient)

    await expect(reply).rejects.toMatchObject({ name: 'RequestTimeoutError' })
  })

  it('answers late', async () => {
    sandbox.addFault({ action: 'DescribeZones', kind: 'hang', delayMs: 120 })
    const start = Date.now()

    await zones()

    expect(Date.now() - start).toBeGreaterThanOrEqual(115)
  })

  it('loses the reply after the effect, so that only a ClientToken finds it again', async () => {
    sandbox.addFault({ action: 'CreateDisk', kind: 'lost-reply' })
    const before = (await diskCount()) ?? 0

    await expect(newDisk('lost')).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(await diskCount()).toBe(before + 1)
    const again = await newDisk('lost')

    expect(again.body?.diskId).toMatch(/^d-/)
    expect(await diskCount()).toBe(before + 1)
  })

  it('is ordered and lifted over HTTP, and calls are listed', async () => {
    const rule = { action: 'CreateDisk', nth: 2, kind: 'error', code: 'Account.Arrearage', status: 400 }
    await fetch(`${sandbox.url}/__faults`, { method: 'POST', body: JSON.stringify(rule) })

    await newDisk('first')
    await expect(newDisk('second')).rejects.toMatchObject({ code: 'Account.Arrearage' })
    await fetch(`${sandbox.url}/__faults`, { method: 'DELETE' })
    const { calls } = (await (await fetch(`${sandbox.url}/__calls`)).json()) as { calls: unknown[] }

    expect(calls.slice(-2)).toMatchObject([
      { action: 'CreateDisk', params: { ClientToken: 'first' }, status: 200 },
      { action: 'CreateDisk', params: { ClientToken: 'second' }, status: 400, code: 'Account.Arrearage' },
    ])
  })
})

describe('a ClientToken', () => {
  it('gives the first answer again', async () => {
    const first = await newDisk('same')
    const second = await newDisk('same')

    expect(second.body?.diskId).toBe(first.body?.diskId)
  })

  it('is refused for another request', async () => {
    await newDisk('mine')

    await expect(newDisk('mine', 2)).rejects.toMatchObject({ code: 'IdempotentParameterMismatch' })
  })

  it('is refused while the first call is under way', async () => {
    sandbox.addFault({ action: 'CreateDisk', kind: 'hang', delayMs: 30 })
    const results = await Promise.allSettled(Array.from({ length: 4 }, () => newDisk('together')))

    const ids = results.flatMap((result) =>
      result.status === 'fulfilled' ? [result.value.body?.diskId] : [],
    )
    expect(new Set(ids).size).toBe(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'IdempotentProcessing' })
    }
  })
})

describe('an injected fault rule of nonsense', () => {
  it('is refused', async () => {
    const reply = await fetch(`${sandbox.url}/__faults`, { method: 'POST', body: '{"kind":"boom"}' })

    expect(reply.status).toBe(400)
    await until(async () => (await zones()).statusCode, 200)
  })
})
