import { describe, expect, it } from 'vitest'
import { FAILPOINTS } from '../../agent/protocol/failpoint.ts'
import { botFailpoints, withFailpoints } from '../../core/app/failpoints.ts'
import type { Store } from '../../core/ports/store.ts'

/** Has every call that it is asked for; the parts of a store are such objects too. */
function anything(parts: readonly string[]): object {
  const call = (): Promise<undefined> => Promise.resolve(undefined)
  return new Proxy({}, { get: (_, key) => (parts.includes(String(key)) ? anything([]) : call) })
}

const names = botFailpoints()
const callsOf = (name: string): readonly [string, string] => {
  const [, area = '', call = ''] = /^bot:(\w+)\.(\w+):/.exec(name) ?? []
  return [area, call]
}

describe('the list of failpoints', () => {
  it('has a before and an after for each place', () => {
    const before = names.filter((name) => name.endsWith(':before'))
    const after = names.filter((name) => name.endsWith(':after'))

    expect(before.map((name) => name.replace(/before$/, 'after'))).toEqual(after)
    expect(new Set(names).size).toBe(names.length)
    expect(before.length + after.length).toBe(names.length)
  })

  it('is what a wrapped store and a wrapped cloud really pass', async () => {
    const parts = [...new Set(names.map((name) => callsOf(name)[0]))]
    const passed: string[] = []
    const store = withFailpoints(anything(parts) as Store, 'store', (name) => void passed.push(name))
    const cloud = withFailpoints(anything([]) as Store, 'cloud', (name) => void passed.push(name))
    const area = (name: string): object =>
      name === 'cloud' ? cloud : name === 'store' ? store : (Reflect.get(store, name) as object)

    for (const name of names.filter((each) => each.endsWith(':before'))) {
      const [from, call] = callsOf(name)
      await (Reflect.get(area(from), call) as () => Promise<unknown>)()
    }

    expect(passed).toEqual(names)
  })

  it('names what changes the state of a migration or costs money', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'bot:jobs.change:after',
        'bot:work.claim:after',
        'bot:ledger.intend:before',
        'bot:cloud.createInstance:after',
        'bot:cloud.deleteSnapshot:before',
        'bot:store.firstSeen:after',
      ]),
    )
    expect(names).not.toContain('bot:jobs.byId:before')
    expect(names).not.toContain('bot:work.wait:before')
  })

  it('has those of agent and receiver, each once', () => {
    expect(new Set(FAILPOINTS).size).toBe(FAILPOINTS.length)
    expect(FAILPOINTS.every((name) => /^(agent|receiver):[a-z-]+:(before|after)$/.test(name))).toBe(true)
    expect(names.length + FAILPOINTS.length).toBeGreaterThanOrEqual(100)
  })
})
