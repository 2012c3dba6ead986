import { describe, expect, it, vi } from 'vitest'
import { allPages, PAGE_SIZE } from '../../../../core/adapters/alicloud/pages.ts'
import { retrying } from '../../../../core/adapters/alicloud/retry.ts'
import { clientToken } from '../../../../core/adapters/alicloud/token.ts'

const busy = Object.assign(new Error('busy'), { statusCode: 503 })
const throttled = (retryAfter: number) =>
  Object.assign(new Error('slow down'), { name: 'ThrottlingError', retryAfter })

/** Time that passes at once and is written down; chance at its highest. */
function seams(random = 0.999) {
  const pauses: number[] = []
  const pause = (ms: number) => Promise.resolve(pauses.push(ms))
  return { pauses, retry: { pause, random: () => random } }
}

describe('a repeated call', () => {
  it('is tried five times', async () => {
    const { pauses, retry } = seams()
    const call = vi.fn(() => Promise.reject(busy))

    await expect(retrying(call, retry)).rejects.toBe(busy)
    expect(call).toHaveBeenCalledTimes(5)
    expect(pauses).toEqual([250, 500, 999, 1998])
  })

  it('may come back at once, as chance has it', async () => {
    const { pauses, retry } = seams(0)
    const call = vi.fn<() => Promise<string>>().mockRejectedValueOnce(busy).mockResolvedValue('done')

    await expect(retrying(call, retry)).resolves.toBe('done')
    expect(pauses).toEqual([0])
  })

  it('waits at least as long as the cloud asks for', async () => {
    const { pauses, retry } = seams(0.5)
    const call = vi
      .fn<() => Promise<string>>()
      .mockRejectedValueOnce(throttled(3000))
      .mockResolvedValue('done')

    await retrying(call, retry)
    expect(pauses).toEqual([3125])
  })

  it('is given up when the cloud asks for more than a minute', async () => {
    const { pauses, retry } = seams()

    await expect(retrying(() => Promise.reject(throttled(60_001)), retry)).rejects.toThrow('slow down')
    expect(pauses).toEqual([])
  })

  it('is not tried again after a refusal', async () => {
    const { retry } = seams()
    const call = vi.fn(() =>
      Promise.reject(Object.assign(new Error('no'), { statusCode: 403, code: 'Forbidden.RAM' })),
    )

    await expect(retrying(call, retry)).rejects.toThrow('no')
    expect(call).toHaveBeenCalledTimes(1)
  })
})

describe('a client token', () => {
  it('fits what ECS takes, and is the same for the same request', () => {
    const token = clientToken('job 7/sync 3/пример', 'ecs.c7.large')

    expect(token).toMatch(/^[\x21-\x7e]{1,64}$/)
    expect(clientToken('job 7/sync 3/пример', 'ecs.c7.large')).toBe(token)
  })

  it('differs between tries that ask for different things', () => {
    expect(clientToken('a', 'ecs.c7.large')).not.toBe(clientToken('a', 'ecs.g7.large'))
  })
})

describe('a list in pages', () => {
  const items = Array.from({ length: 250 }, (_, index) => ({ id: String(index) }))
  const pageOf = (from: { id: string }[], number: number) =>
    from.slice((number - 1) * PAGE_SIZE, number * PAGE_SIZE)

  it('is read to its end', async () => {
    const found = await allPages((number) => Promise.resolve({ items: pageOf(items, number), total: 250 }))

    expect(found).toEqual(items)
  })

  it('gives once what it meets twice', async () => {
    const twice = [...items.slice(0, 150), ...items.slice(100, 150)]
    const found = await allPages((number) => Promise.resolve({ items: pageOf(twice, number), total: 200 }))

    expect(found).toEqual(items.slice(0, 150))
  })

  it('ends with an empty page, whatever the total says', async () => {
    const found = await allPages((number) => Promise.resolve({ items: pageOf(items, number), total: 9999 }))

    expect(found).toHaveLength(250)
  })
})
