import { chmod, open } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { snapshotFile } from '../../sandbox/ecs/bytes.ts'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import { imagesOf, newestImage, verified } from '../support/looks.ts'
import { MIB } from '../support/source-disks.ts'

const ferry = await startFerry()
await ferry.migrate('checked', [2 * MIB + 512, MIB], 'keep=2')

/** The instances that the cloud has beside the intermediate. */
async function others(): Promise<readonly string[]> {
  const instances = (await ferry.cloud.inventory()).filter(({ kind }) => kind === 'instance')
  return instances.map(({ tags }) => tags['ferry:key'] ?? '').filter((key) => !key.endsWith('/intermediate'))
}

describe('a verification', () => {
  it('S16: reads every byte, and without a boot says Not Verified and why; it leaves no instance', async () => {
    const { verdict, cause, checks } = await verified(ferry, 'checked')

    expect({ verdict, cause }).toEqual({ verdict: 'Not Verified', cause: 'NOT_BOOTED' })
    expect(checks).toContainEqual(expect.objectContaining({ name: 'bytes of disk 0', ok: true }))
    expect(checks).toContainEqual(expect.objectContaining({ name: 'bytes of disk 1', ok: true }))
    expect(checks).toContainEqual(expect.objectContaining({ name: 'disk 0: partition table' }))
    expect(checks).toContainEqual(expect.objectContaining({ name: 'boot', ok: false }))
    expect(await newestImage(ferry, 'checked')).toMatchObject({ verdict: 'Not Verified' })
    expect(await others()).toEqual([])
  })

  it('S16: finds a single byte that is not the source’s', async () => {
    const image = await ferry.cloud.image((await newestImage(ferry, 'checked')).id)
    const path = snapshotFile(ferry.sandbox.home, image?.snapshotIds[1] ?? '')
    await chmod(path, 0o644)
    const file = await open(path, 'r+')
    await file.write(Buffer.from('x'), 0, 1, 600_000)
    await file.close()

    const { verdict, cause, checks } = await verified(ferry, 'checked')

    expect({ verdict, cause }).toEqual({ verdict: 'Not Verified', cause: 'BYTES_DIFFER' })
    expect(checks).toContainEqual(expect.objectContaining({ name: 'bytes of disk 0', ok: true }))
    expect(checks).toContainEqual(expect.objectContaining({ name: 'bytes of disk 1', ok: false }))
    expect(await others()).toEqual([])
  })

  it('S16: keeps its records, and may be of an older image', async () => {
    await ferry.tell('sync checked')
    await ferry.waitFor('checked', 'waiting', 2)

    const of2 = await verified(ferry, 'checked', 'image=2')
    const missing = await ferry.ask('olga', 'verify checked image=7')

    expect(of2.cause).toBe('NOT_BOOTED')
    const records = (await ferry.tell('verify checked --records')).data?.['verifications']
    expect((records as { cause: string }[]).map(({ cause }) => cause)).toEqual(
      expect.arrayContaining(['NOT_BOOTED', 'BYTES_DIFFER', 'NOT_BOOTED']),
    )
    expect(missing.title).toBe('checked has no image #7; it has #1, #2.')
  })

  it('S16: releases its instances also when the cloud refuses to boot the image', async () => {
    ferry.sandbox.addFault({
      action: 'RunInstances',
      kind: 'error',
      nth: 2,
      status: 403,
      code: 'QuotaExceed.ElasticQuota',
    })

    const { verdict, cause } = await verified(ferry, 'checked')

    expect({ verdict, cause }).toEqual({ verdict: 'Not Verified', cause: 'QUOTA_INSTANCES' })
    expect(await others()).toEqual([])
    ferry.sandbox.clearFaults()
  })

  it('S16: releases later what the cloud did not release at once', async () => {
    ferry.sandbox.addFault({ action: 'DeleteInstance', kind: 'error', status: 403, code: 'OperationDenied' })

    const { verdict } = await verified(ferry, 'checked')
    await eventually('the release', async () => (await others()).length === 0)

    expect(verdict).toBe('Not Verified')
    ferry.sandbox.clearFaults()
  })

  it('S3: has not kept the image that it looked at from being deleted', async () => {
    await ferry.tell('sync checked')
    await ferry.waitFor('checked', 'waiting', 3)

    expect((await imagesOf(ferry, 'checked')).map(({ image }) => image)).toEqual([2, 3])
  })
})
