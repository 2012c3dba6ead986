import { describe, expect, it } from 'vitest'
import type { DestinationLook } from '../../../core/domain/destination.ts'
import { newSizeGiB, whyUnfit } from '../../../core/domain/destination.ts'

const GIB = 1024 ** 3
const aDisk = (device: string, sizeGiB: number) => ({
  ...{ id: `d-${device.at(-1) ?? ''}`, device, sizeGiB, deleteWithInstance: true },
  role: device.endsWith('a') ? ('system' as const) : ('data' as const),
})
const look = (more: Partial<DestinationLook> = {}): DestinationLook => ({
  ...{ name: 'web', address: '', privateAddress: '', zone: 'h', type: 't', status: 'Running', imageId: 'm' },
  ...{ tags: {}, disks: [aDisk('/dev/xvda', 40), aDisk('/dev/xvdb', 20)] },
  ...more,
})
const source = (...sizes: number[]) =>
  sizes.map((size, index) => ({ index, path: `/dev/sd${index}`, identity: '', sizeBytes: size * GIB }))
const job = { region: 'r', zone: 'h', mark: 'here/job' }

describe('a destination', () => {
  it.each([
    ['fits', look()],
    ['may be stopped', look({ status: 'Stopped' })],
    ['may be held by this very job', look({ tags: { 'ferry:destination': 'here/job' } })],
    ['may have more disks', look({ disks: [...look().disks, aDisk('/dev/xvdc', 1)] })],
    ['may have fewer disks: they are added', look({ disks: [aDisk('/dev/xvda', 40)] })],
  ])('S17: %s', (_words, seen) => {
    expect(whyUnfit('i-1', seen, job, source(40, 20))).toBeUndefined()
  })

  it.each([
    ['does not exist', undefined, 'The destination i-1 does not exist in r:'],
    ['is in another zone', look({ zone: 'i' }), 'is in the zone i; its new disks are made in h.'],
    ['is in mid-change', look({ status: 'Starting' }), 'is Starting; it must be Running or Stopped.'],
    ['is Ferry’s own', look({ tags: { 'ferry:managed': 'true' } }), 'was made by Ferry itself'],
    ['is held elsewhere', look({ tags: { 'ferry:destination': 'there/job' } }), 'is held by another job'],
    [
      'has too small a system disk',
      look({ disks: [aDisk('/dev/xvda', 39)] }),
      'The disk /dev/xvda of the destination i-1 has 39 GiB; /dev/sd0 of the source needs 40 GiB.',
    ],
    [
      'has too small a data disk',
      look({ disks: [aDisk('/dev/xvda', 40), aDisk('/dev/xvdb', 19)] }),
      'The disk /dev/xvdb of the destination i-1 has 19 GiB; /dev/sd1 of the source needs 20 GiB.',
    ],
  ])('S17: is refused in a sentence when it %s', (_words, seen, sentence) => {
    expect(whyUnfit('i-1', seen, job, source(40, 20))).toContain(sentence)
  })

  it('S17: gets disks as large as those it had, and as the source needs', () => {
    const [first, second] = source(30.5, 10)
    if (first === undefined || second === undefined) throw new Error('no disks')
    expect(newSizeGiB(first, 0, look().disks)).toBe(40)
    expect(newSizeGiB(first, 0, [])).toBe(31)
    expect(newSizeGiB(second, 1, [])).toBe(20)
  })
})
