import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startTicks } from '../../../../core/adapters/bree/clock.ts'
import type { Tick, TickSeams } from '../../../../core/adapters/bree/clock.ts'

interface Call {
  readonly signal: AbortSignal
  end(): void
  fail(error: Error): void
}

/** A tick whose runs are ended by the test. */
function heldTick(name = 'held', everyMs = 10): { tick: Tick; calls: Call[] } {
  const calls: Call[] = []
  const run = (signal: AbortSignal) =>
    new Promise<void>((end, fail) => {
      calls.push({ signal, end, fail })
    })
  return { tick: { name, everyMs, run }, calls }
}

async function start(ticks: readonly Tick[], seams: TickSeams = {}) {
  const errors: { error: unknown; tick: string }[] = []
  const clock = await startTicks(ticks, (error, tick) => errors.push({ error, tick }), {
    patienceMs: 50,
    ...seams,
  })
  onTestFinished(() => clock.stop())
  return { clock, errors }
}

describe('the clock', () => {
  it('runs a tick at the start, however long its interval', async () => {
    const { tick, calls } = heldTick('daily', 86_400_000)
    await start([tick])

    await vi.waitFor(() => expect(calls).toHaveLength(1))
  })

  it('runs a tick again and again', async () => {
    const ran = vi.fn(() => Promise.resolve())
    await start([{ name: 'often', everyMs: 5, run: ran }])

    await vi.waitFor(() => expect(ran.mock.calls.length).toBeGreaterThan(3))
  })

  it('does not run a tick twice at a time', async () => {
    const { tick, calls } = heldTick()
    const beside = vi.fn(() => Promise.resolve())
    await start([tick, { name: 'beside', everyMs: 10, run: beside }])

    await vi.waitFor(() => expect(beside.mock.calls.length).toBeGreaterThan(5))
    expect(calls).toHaveLength(1)

    calls[0]?.end()
    await vi.waitFor(() => expect(calls).toHaveLength(2))
  })

  it('reports an error once, and the next tick still comes', async () => {
    const { tick, calls } = heldTick()
    const { errors } = await start([tick])

    await vi.waitFor(() => expect(calls).toHaveLength(1))
    const trouble = new Error('the database is away')
    calls[0]?.fail(trouble)

    await vi.waitFor(() => expect(calls).toHaveLength(2))
    expect(errors).toEqual([{ error: trouble, tick: 'held' }])
  })

  it('tells a running tick to end when it stops, and waits for it', async () => {
    const { tick, calls } = heldTick()
    const { clock, errors } = await start([tick])
    await vi.waitFor(() => expect(calls).toHaveLength(1))

    calls[0]?.signal.addEventListener('abort', () => calls[0]?.fail(new Error('aborted')))
    await clock.stop()

    expect(calls[0]?.signal.aborted).toBe(true)
    expect(errors).toEqual([])
  })

  it('stops though a tick does not heed its signal', async () => {
    const { tick, calls } = heldTick()
    const { clock } = await start([tick])
    await vi.waitFor(() => expect(calls).toHaveLength(1))

    await expect(clock.stop()).resolves.toBeUndefined()
  })

  it('runs nothing once it is stopped', async () => {
    const ran = vi.fn(() => Promise.resolve())
    const { clock } = await start([{ name: 'often', everyMs: 1, run: ran }])
    await clock.stop()
    const before = ran.mock.calls.length

    const other = heldTick()
    await start([other.tick])
    await vi.waitFor(() => expect(other.calls).toHaveLength(1))

    expect(ran.mock.calls.length).toBe(before)
  })
})
