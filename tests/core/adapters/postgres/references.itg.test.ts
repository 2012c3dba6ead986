import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../../../core/adapters/postgres/store.ts'
import { buttonReferences } from '../../../../core/app/references.ts'
import type { ButtonReferences } from '../../../../core/app/references.ts'
import type { Store } from '../../../../core/ports/store.ts'
import { freshDatabase } from '../../../support/postgres.ts'

let store: Store
let sql: postgres.Sql
let references: ButtonReferences
beforeAll(async () => {
  const url = await freshDatabase()
  store = await openStore(url)
  sql = postgres(url, { max: 1 })
  references = buttonReferences(store.references)
})
afterAll(async () => {
  await sql.end()
  await store.close()
})

const MEANING = { command: 'approve', raw: { request: '17' }, confirmed: true }
const make = async (person: string | null = null, lifeMs = 60_000): Promise<string> => {
  const [text = ''] = await references.make([MEANING], person, lifeMs)
  return text
}

describe('a one-time reference', () => {
  it('is kept as its hash alone', async () => {
    const text = await make()
    const kept = await sql<{ hash: string }[]>`select * from button_references`

    expect(text).toMatch(/^[\w-]{32}$/)
    expect(JSON.stringify(kept)).not.toContain(text)
  })

  it('means what it was made for, once for each person', async () => {
    const text = await make()

    expect(await references.look(text, 'ada')).toEqual(MEANING)
    expect(await references.use(text, 'ada')).toEqual(MEANING)
    expect(await references.use(text, 'ada')).toBe('twice')
    expect(await references.use(text, 'grace')).toEqual(MEANING)
  })

  it('has one winner of many who use it at once', async () => {
    const text = await make('ada')
    const uses = await Promise.all(Array.from({ length: 20 }, () => references.use(text, 'ada')))

    expect(uses.filter((use) => use !== 'twice')).toEqual([MEANING])
  })

  it('is of no use to anybody but its owner', async () => {
    const text = await make('ada')

    expect(await references.use(text, 'grace')).toBe('not-yours')
    expect(await references.use(text, 'ada')).toEqual(MEANING)
  })

  it('ends with its life, and says so for some time', async () => {
    const text = await make(null, 0)

    expect(await references.use(text, 'ada')).toBe('expired')
    expect(await references.look(text, 'ada')).toBe('expired')
  })

  it('says moments later that it was used', async () => {
    const text = await make()
    await references.use(text, 'ada')
    await sql`update button_references set used_by = jsonb_build_object('ada', now() - interval '1 minute')`

    expect(await references.use(text, 'ada')).toBe('used')
  })

  it('works again once its use is taken back', async () => {
    const text = await make()
    await references.use(text, 'ada')
    await references.giveBack(text, 'ada')

    expect(await references.use(text, 'ada')).toEqual(MEANING)
  })

  it('that nobody made means nothing', async () => {
    expect(await references.use('made-up', 'ada')).toBe('unknown')
  })

  it('is swept long after its end', async () => {
    const old = await make(null, 0)
    await sql`update button_references set expires_at = now() - interval '8 days' where expires_at <= now()`
    await make()

    expect(await references.look(old, 'ada')).toBe('unknown')
  })
})

describe('workspaces', () => {
  it('keep an installation until it is taken back, and their place when it is renewed', async () => {
    await store.workspaces.install('T1', 'sealed')
    await store.workspaces.install('T2', 'sealed too')
    await store.workspaces.install('T1', 'sealed anew')

    expect(await store.workspaces.installation('T1')).toBe('sealed anew')
    expect(await store.workspaces.first()).toBe('T1')
    await store.workspaces.uninstall('T1')
    expect(await store.workspaces.installation('T1')).toBeUndefined()
    expect(await store.workspaces.first()).toBe('T2')
  })

  it('remember for a time that they refuse newer blocks', async () => {
    expect(await store.workspaces.isPlain('T9')).toBe(false)
    await store.workspaces.refuses('T9', 60_000)
    expect(await store.workspaces.isPlain('T9')).toBe(true)
    await store.workspaces.refuses('T9', 0)
    expect(await store.workspaces.isPlain('T9')).toBe(false)
  })
})
