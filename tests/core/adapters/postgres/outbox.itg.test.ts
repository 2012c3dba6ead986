import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../../../core/adapters/postgres/store.ts'
import type { OutboxRow } from '../../../../core/ports/notices.ts'
import type { Store } from '../../../../core/ports/store.ts'
import { aJob, anEntry } from '../../../support/a-job.ts'
import { freshStore } from '../../../support/fresh-store.ts'

const { store: a, sql, url } = await freshStore()
const b = await openStore(url)
beforeEach(() => sql`delete from outbox`)
afterAll(() => b.close())

const add = (title: string, jobId?: string) => a.outbox.add({ severity: 'info', title }, jobId)

/** Delivers everything and returns the titles. */
async function drain(store: Store): Promise<string[]> {
  const titles: string[] = []
  await store.outbox.deliver(async (notice) => void titles.push(notice.title))
  return titles
}

describe('the outbox', () => {
  it('delivers each notice once, in order, with its job', async () => {
    const job = await aJob(a)
    await sql`delete from outbox`
    await add('one', job.id)
    const two = { severity: 'error', title: 'two', facts: { code: 'NO_STOCK' } } as const
    await a.jobs.change(job, { audit: anEntry(), notices: [two, { severity: 'info', title: 'three' }] })
    await add('four')

    const seen: OutboxRow[] = []
    expect(await a.outbox.deliver(async (notice) => void seen.push(notice))).toBe(4)

    expect(seen).toMatchObject([
      { title: 'one', job: job.name },
      two,
      { title: 'three', facts: {} },
      { job: null },
    ])
    expect(seen[0]?.at).toBeInstanceOf(Date)
    expect(await drain(a)).toEqual([])
  })

  it('delivers a notice again, first, after its delivery threw', async () => {
    for (const title of ['one', 'two', 'three']) await add(title)
    const seen: string[] = []
    const deliver = async ({ title }: OutboxRow) => {
      if (title === 'two') throw new Error('Slack is away')
      seen.push(title)
    }

    await expect(a.outbox.deliver(deliver)).rejects.toThrow('Slack is away')

    expect(seen).toEqual(['one'])
    expect(await drain(b)).toEqual(['two', 'three'])
  })

  it('is delivered by one replica at a time', async () => {
    for (let n = 0; n < 20; n++) await add(`n${n}`)
    let together = 0
    const seen: string[] = []
    const deliver = async ({ title }: OutboxRow) => {
      expect(++together).toBe(1)
      await sql`select 1`
      seen.push(title)
      together--
    }

    await Promise.all([a.outbox.deliver(deliver), b.outbox.deliver(deliver)])

    expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => `n${n}`))
  })

  it('keeps its facts in the order in which they were written', async () => {
    const facts = { 'What to do': 'retry', Cost: '0.31 CNY', A: 'b' }
    await a.outbox.add({ severity: 'info', title: 'with facts', facts })
    await a.outbox.addOnce('a key', { severity: 'info', title: 'once, with facts', facts })
    const told: string[][] = []
    await a.outbox.deliver(async (notice) => void told.push(Object.keys(notice.facts ?? {})))

    expect(told).toEqual([Object.keys(facts), Object.keys(facts)])
  })

  it('goes on when the replica that was delivering has died', async () => {
    await add('one')
    const seen: string[] = []
    const hung = new Promise<void>(() => undefined)
    void a.outbox.deliver(async () => hung)
    await expect.poll(() => sql`select from outbox where owner is not null`).toHaveLength(1)
    expect(await drain(b)).toEqual([])

    await sql`update outbox set lease_until = now()`
    seen.push(...(await drain(b)))

    expect(seen).toEqual(['one'])
  })

  it('never lets a notice overtake an earlier one when 50 are added at once', async () => {
    const seen: number[] = []
    const adding = Promise.all(Array.from({ length: 50 }, (_, n) => add(`n${n}`)))
    const reading = (async () => {
      while (seen.length < 50) await b.outbox.deliver(async (notice) => void seen.push(Number(notice.id)))
    })()

    await Promise.all([adding, reading])

    expect(seen).toEqual(seen.toSorted((x, y) => x - y))
    expect(new Set(seen).size).toBe(50)
  })
})
