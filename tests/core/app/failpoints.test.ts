import { describe, expect, it } from 'vitest'
import { withFailpoints } from '../../../core/app/failpoints.ts'
import type { Store } from '../../../core/ports/store.ts'

describe('failpoints', () => {
  it('stand before and after every call that writes, and nowhere else', async () => {
    const passed: string[] = []
    const store = {
      jobs: { named: async () => 'job', change: async () => 'changed' },
      firstSeen: async () => true,
      ping: async () => undefined,
    } as unknown as Store
    const wrapped = withFailpoints(store, 'store', (name) => void passed.push(name))

    await wrapped.jobs.named('web-01')
    await wrapped.ping()
    await wrapped.jobs.change({} as never, {} as never)
    await wrapped.firstSeen('key', 1)

    expect(passed).toEqual([
      'bot:jobs.change:before',
      'bot:jobs.change:after',
      'bot:store.firstSeen:before',
      'bot:store.firstSeen:after',
    ])
  })
})
