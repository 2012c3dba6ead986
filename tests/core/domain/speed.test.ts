import { describe, expect, it } from 'vitest'
import type { NetworkSpeed } from '../../../core/domain/speed.ts'
import { limitWords, speedSummary } from '../../../core/domain/speed.ts'

const MIB = 1024 * 1024
const disk = (index: number, rate: number | null) => ({
  ...{ index, path: `/dev/vd${index}`, readBytes: 1, bytesPerSecond: rate, detail: '' },
})
const way = (to: NetworkSpeed['to'], rate: number | null): NetworkSpeed => ({
  ...{ to, address: 'x', sentBytes: 1, bytesPerSecond: rate, detail: '' },
})

describe('a speed test', () => {
  it('says that the network limits when it takes less than the slowest disk gives', () => {
    const disks = [disk(0, 200 * MIB), disk(1, 100 * MIB)]
    const summary = speedSummary({ disks, network: [way('receiver', 50 * MIB)] })

    expect(summary).toEqual({ readRate: 100 * MIB, sendRate: 50 * MIB, sentTo: 'receiver', limit: 'network' })
    expect(limitWords(summary)).toBe(
      'the network: the network takes 50 MiB/s, the slowest disk reads 100 MiB/s',
    )
  })

  it('counts the way that could be measured', () => {
    const network = [way('receiver', null), way('bot', 300 * MIB)]

    expect(speedSummary({ disks: [disk(0, 100 * MIB)], network })).toMatchObject({
      sentTo: 'bot',
      limit: 'disk',
    })
  })

  it('says what is missing when something could not be measured', () => {
    expect(limitWords(speedSummary({ disks: [disk(0, null)], network: [way('bot', 1)] }))).toMatch(/no disk/)
    expect(limitWords(speedSummary({ disks: [disk(0, 1)], network: [way('bot', null)] }))).toMatch(/network/)
  })
})
