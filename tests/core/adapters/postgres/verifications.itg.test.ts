import { describe, expect, it } from 'vitest'
import { DEFAULT_OPTIONS } from '../../../../core/domain/verification.ts'
import { aJob, anEntry } from '../../../support/a-job.ts'
import { freshStore } from '../../../support/fresh-store.ts'

const { store } = await freshStore()

async function anImage() {
  const job = await aJob(store, 'waiting')
  const [sync] = await store.syncs.list(job.id)
  const made = { cloudId: 'm-1', name: 'web', roots: ['r'], consistency: 'fuzzy' }
  return store.images.record({ jobId: job.id, syncId: sync?.id ?? '', ...made })
}

const start = (image: { id: string; jobId: string }) =>
  store.verifications.start(image.id, image.jobId, 'ada', DEFAULT_OPTIONS, anEntry('verify'))

const notice = { severity: 'info', title: 'Verified' } as const

describe('a verification', () => {
  it('runs once per image, however often it is asked for', async () => {
    const image = await anImage()

    const started = await Promise.all([start(image), start(image), start(image)])

    expect(new Set(started.map(({ id }) => id)).size).toBe(1)
    const entries = await store.audit.list({ jobId: image.jobId, limit: 100 })
    expect(entries.filter((row) => row.action === 'verify')).toHaveLength(1)
  })

  it('is claimed like a job, and only the last holder can write', async () => {
    const image = await anImage()
    const { id } = await start(image)
    const claims = await store.work.claim('a', 60_000, 100)
    const claim = claims.find((one) => one.id === id)
    expect(claim).toMatchObject({ kind: 'verification', epoch: 1, tries: 0 })

    await store.verifications.setChecks(id, 1, [
      { name: 'boot', ok: null, detail: '' },
      { name: 'disks', ok: true, detail: '1' },
    ])
    await store.verifications.setChecks(id, 1, [
      { name: 'network', ok: false, detail: 'no route' },
      { name: 'boot', ok: true, detail: '40 s' },
    ])
    await store.verifications.setChecks(id, 0, [{ name: 'boot', ok: false, detail: 'late' }])
    await store.verifications.end(id, 0, 'Verified', null, anEntry('late'), notice)

    const running = await store.verifications.byId(id)
    expect(running?.checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['boot', true],
      ['disks', true],
      ['network', false],
    ])
    expect(running).toMatchObject({ endedAt: null, verdict: null })
  })

  it('ends once, with a verdict on the image, an audit row and a notice', async () => {
    const image = await anImage()
    const { id, number } = await start(image)
    await store.work.claim('a', 60_000, 100)

    const end = () =>
      store.verifications.end(id, 1, 'Not Verified', 'NOT_BOOTED', anEntry('verified'), notice)
    await Promise.all([end(), end()])

    expect(await store.verifications.list(image.jobId)).toMatchObject([
      { id, number, verdict: 'Not Verified', cause: 'NOT_BOOTED' },
    ])
    expect((await store.images.byId(image.id))?.verdict).toBe('Not Verified')
    const entries = await store.audit.list({ jobId: image.jobId, limit: 100 })
    expect(entries.filter((row) => row.action === 'verified')).toHaveLength(1)
    let notices = 0
    await store.outbox.deliver(async ({ title }) => void (title === 'Verified' && notices++))
    expect(notices).toBe(1)
    expect((await start(image)).id).not.toBe(id)
  })
})
