import { describe, expect, it } from 'vitest'
import { startFerry } from '../support/ferry.ts'
import { eventually } from '../support/eventually.ts'
import { imagesOf } from '../support/looks.ts'
import { MIB } from '../support/source-disks.ts'

const ferry = await startFerry()

async function sync(job: string, number: number): Promise<readonly number[]> {
  await ferry.tell(`sync ${job}`)
  await ferry.waitFor(job, 'waiting', number)
  return (await imagesOf(ferry, job)).map(({ image }) => image)
}

/** What an operator does to look at an image by hand (S5), past Ferry. */
async function serverOf(imageId: string): Promise<string> {
  const { vSwitch, securityGroup, zones } = ferry.sandbox
  return ferry.cloud.createInstance({
    ...{ token: `by hand ${imageId}`, name: 'by-hand', imageId, instanceTypes: ['ecs.c7.large'] },
    ...{ zone: zones[0] ?? '', vSwitch, securityGroup, publicAddress: false },
    ...{ systemDiskGiB: 20, dataDisks: [], tags: { 'ferry:job': 'nobody', 'ferry:key': imageId } },
  })
}

describe('keep', () => {
  it('S3: keeps as many images as it says; beyond, the earliest goes with its snapshots', async () => {
    await ferry.migrate('kept', [MIB, MIB], 'keep=2')
    const [first] = await imagesOf(ferry, 'kept')

    expect(await sync('kept', 2)).toEqual([1, 2])
    expect(await sync('kept', 3)).toEqual([2, 3])

    const job = await ferry.store.jobs.named('kept')
    expect(await ferry.cloud.image(first?.id ?? '')).toBeUndefined()
    expect(await ferry.cloud.snapshotsTagged({ 'ferry:job': job?.id ?? '' })).toHaveLength(4)
  })

  it('S3: passes over an image that an instance uses, until the instance is gone', async () => {
    await ferry.migrate('used', [MIB], 'keep=1')
    const [first] = await imagesOf(ferry, 'used')
    const instance = await serverOf(first?.id ?? '')

    const whileUsed = await sync('used', 2)
    const listed = await imagesOf(ferry, 'used')
    const next = await sync('used', 3)
    await ferry.cloud.deleteInstance(instance)
    await eventually('the unused image to go', async () => (await imagesOf(ferry, 'used')).length === 1)

    expect(whileUsed).toEqual([1, 2])
    expect(listed.map(({ inUse }) => inUse)).toEqual([true, false])
    expect(next).toEqual([1, 3])
    expect((await imagesOf(ferry, 'used')).map(({ image }) => image)).toEqual([3])
  })

  it('S3: tells once per sync, not again and again, that more images stay than it says', async () => {
    await ferry.migrate('overflow', [MIB], 'keep=1')
    const [first] = await imagesOf(ferry, 'overflow')
    await serverOf(first?.id ?? '')
    await sync('overflow', 2)
    const job = await ferry.store.jobs.named('overflow')
    const told = async () =>
      (
        await ferry.sql`select 1 from outbox where job_id = ${job?.id ?? ''} and title like '%images, 1 more%'`
      ).length

    // Another job's clean-up has come and gone meanwhile.
    await ferry.migrate('witness', [MIB])

    expect(await told()).toBe(1)
  })

  it('S3: passes over a pinned image, says so once per sync, and takes it when it is unpinned', async () => {
    await ferry.migrate('pinned', [MIB], 'keep=1')
    await ferry.tell('images pin pinned 1')

    const whilePinned = await sync('pinned', 2)
    const job = await ferry.store.jobs.named('pinned')
    const [notice] = await ferry.sql`
      select title, facts from outbox where job_id = ${job?.id ?? ''} and title like '%1 more%'`
    await ferry.tell('images unpin pinned 1')
    await eventually('the image to go', async () => (await imagesOf(ferry, 'pinned')).length === 1)

    expect(whilePinned).toEqual([1, 2])
    expect(notice?.['facts']).toMatchObject({
      'Passed over': expect.stringMatching(/^#1 \(m-.*\) is pinned$/),
    })
    expect((await imagesOf(ferry, 'pinned')).map(({ image }) => image)).toEqual([2])
  })

  it('S3: asks for confirmation before fewer images mean deletions, and names them', async () => {
    await ferry.migrate('fewer', [MIB])
    await sync('fewer', 2)
    const [first] = await imagesOf(ferry, 'fewer')

    const asked = await ferry.ask('olga', 'keep fewer 1', { confirmed: false })
    const more = await ferry.ask('olga', 'keep fewer 4', { confirmed: false })
    const confirmed = await ferry.tell('keep fewer 1')
    await eventually('the image to go', async () => (await imagesOf(ferry, 'fewer')).length === 1)

    expect(asked).toMatchObject({ outcome: 'refused', code: 'confirm' })
    expect(asked.facts['Will be deleted']).toBe(`#1 (${first?.id ?? ''})`)
    expect(more).toMatchObject({ outcome: 'done', data: { keep: 4 } })
    expect(confirmed).toMatchObject({ outcome: 'done', data: { keep: 1 } })
  })
})
