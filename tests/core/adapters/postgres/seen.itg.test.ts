import { describe, expect, it } from 'vitest'
import { openStore } from '../../../../core/adapters/postgres/store.ts'
import { freshStore } from '../../../support/fresh-store.ts'

const { store, sql } = await freshStore()

describe('a key', () => {
  it('is seen for the first time by one of 20 at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.firstSeen('nonce', 60_000)))

    expect(answers.filter((first) => first)).toHaveLength(1)
    expect(await store.firstSeen('nonce', 60_000)).toBe(false)
    expect(await store.firstSeen('another', 60_000)).toBe(true)
  })

  it('is new again after its time, and is not kept as it was given', async () => {
    await store.firstSeen('secret', 60_000)
    await sql`update seen_requests set until = now() - interval '1 second'`

    expect(await store.firstSeen('secret', 60_000)).toBe(true)
    const rows = await sql`select key from seen_requests`
    expect(rows).toHaveLength(1)
    expect(rows[0]?.['key']).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('a value made once', () => {
  it('is the same for everybody', async () => {
    let made = 0
    const values = await Promise.all(
      Array.from({ length: 10 }, () => store.once('secret', () => `value ${++made}`)),
    )

    expect(new Set(values).size).toBe(1)
    expect(await store.once('secret', () => 'too late')).toBe(values[0])
  })
})

describe('the store', () => {
  it('says that the database does not answer, and nothing of its address', async () => {
    const refused = await openStore('postgres://ferry:hunter2@127.0.0.1:1/x').catch((error: unknown) => error)

    expect(String(refused)).toBe('StoreUnreachable: the database does not answer')
  })

  it('finds nothing for what is no id', async () => {
    const nonsense = `'; drop table jobs; --`

    expect(await store.jobs.byId(nonsense)).toBeUndefined()
    expect(await store.sources.key(nonsense)).toBeUndefined()
    expect(await store.images.byId(nonsense)).toBeUndefined()
    expect(await store.approvals.byNumber(-1)).toBeUndefined()
  })
})
