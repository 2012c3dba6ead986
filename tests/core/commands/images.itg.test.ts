import { describe, expect, it } from 'vitest'
import type { Job } from '../../../core/domain/job.ts'
import { openCommands } from '../../support/commands.ts'
import { anImageOf, jobIn } from '../../support/job-in-state.ts'

const { store, ask } = await openCommands({ complete: 0 })

/** A job in its second sync, with the images #1 and #2. */
async function withImages(keep = 2): Promise<Job> {
  const waiting = await jobIn(store, 'waiting', { keep })
  await anImageOf(store, waiting, 'm-one1')
  await ask('operator', `sync ${waiting.name}`)
  await anImageOf(store, waiting, 'm-two2')
  return (await store.jobs.byId(waiting.id)) ?? waiting
}
const pinned = async (job: Job) => (await store.images.list(job.id)).map((image) => image.pinned)

describe('images pin', () => {
  it('keeps an image until it is unpinned, says so everywhere, and leaves the job as it is', async () => {
    const job = await withImages()

    const reply = await ask('operator', `images pin ${job.name} 1`)
    const listed = await ask('viewer', `images ${job.name}`)
    const status = await ask('viewer', `status ${job.name}`)

    expect(reply).toMatchObject({ outcome: 'done', code: 'image-pinned', data: { image: 1, pinned: true } })
    expect(await pinned(job)).toEqual([true, false])
    expect(listed.table?.rows.map((row) => row[5])).toEqual(['yes', 'no'])
    expect(listed.data?.['images']).toMatchObject([{ heldBy: 'pinned' }, { heldBy: null }])
    expect(status.facts['Images']).toContain('2 of at most 2 (#1 pinned); newest #2')
    expect(await store.jobs.byId(job.id)).toEqual(job)
    expect((await store.audit.list({ jobId: job.id, limit: 1 }))[0]).toMatchObject({
      action: 'images pin',
      facts: { image: 'm-one1' },
    })
  })

  it('S3: makes keep pass over the image, which is said before and after', async () => {
    const job = await withImages()
    await ask('operator', `images pin ${job.name} 1`)

    const kept = await ask('operator', `keep ${job.name} 1`, { confirmed: false })
    const listed = await ask('viewer', `images ${job.name}`)

    expect(kept).toMatchObject({ outcome: 'done', data: { keep: 1 } })
    expect(kept.facts['Stays all the same']).toBe('1 over the number: #1 pinned')
    expect(listed.facts['Over the number']).toBe('1 more than keep says: #1 pinned')
  })

  it('is taken back by images unpin, which says what goes then', async () => {
    const job = await withImages(1)
    await ask('operator', `images pin ${job.name} 1`)

    const reply = await ask('operator', `images unpin ${job.name} 1`)

    expect(reply.facts['Will be deleted']).toBe('#1 (m-one1)')
    expect(await pinned(job)).toEqual([false, false])
  })

  it('and unpin may be repeated', async () => {
    const job = await withImages()

    for (const command of ['images pin', 'images pin', 'images unpin', 'images unpin'])
      expect((await ask('operator', `${command} ${job.name} 2`)).outcome).toBe('done')
  })

  it('S3: comes too late for an image whose deletion has begun; a pinned one’s never begins', async () => {
    const job = await withImages()
    const [one, two] = await store.images.list(job.id)
    await ask('operator', `images pin ${job.name} 2`)

    expect(await store.images.beginDelete(one?.id ?? '')).toBe(true)
    expect(await store.images.beginDelete(two?.id ?? '')).toBe(false)
    const late = await ask('operator', `images pin ${job.name} 1`)

    expect(late).toMatchObject({ outcome: 'refused', code: 'image-going' })
    await store.images.setInUse(one?.id ?? '', true)
    expect((await ask('operator', `images pin ${job.name} 1`)).outcome).toBe('done')
  })

  it.each([
    ['9', 'no-such-image', 'it has #1, #2'],
    ['0', 'bad-argument', 'from 1 to 999999'],
    ['#1', 'bad-argument', 'is not a whole number'],
    ['', 'missing-argument', 'needs image'],
    ['1 2', 'bad-argument', 'one word too many'],
  ])('C7: of %j is refused as %s', async (image, code, words) => {
    const job = await withImages()

    const reply = await ask('operator', `images pin ${job.name} ${image}`)

    expect(reply).toMatchObject({ outcome: 'refused', code })
    expect(reply.title).toContain(words)
    expect(await pinned(job)).toEqual([false, false])
  })

  it('is not for viewers', async () => {
    const job = await withImages()

    expect((await ask('viewer', `images pin ${job.name} 1`)).code).toBe('not-allowed')
  })
})
