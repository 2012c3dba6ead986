import { describe, expect, it } from 'vitest'
import { count, flag, groups, jsonList, list, need, text } from '../../sandbox/ecs/fields.ts'
import { unflatten } from '../../sandbox/ecs/wire.ts'

describe('the parameters of a call', () => {
  it('become groups and lists', () => {
    const fields = unflatten([
      ['DataDisk.2.Size', '40'],
      ['DataDisk.1.Size', '20'],
      ['SystemDisk.Category', 'cloud_essd'],
      ['SecurityGroupIds.1', 'sg-1'],
      ['DryRun', 'true'],
    ])

    expect(groups(fields, 'DataDisk').map((disk) => text(disk, 'Size'))).toEqual(['20', '40'])
    expect(list(fields, 'SecurityGroupIds')).toEqual(['sg-1'])
    expect(flag(fields, 'DryRun')).toBe(true)
  })

  it('keep the order of their numbers past nine', () => {
    const names = Array.from({ length: 12 }, (_, n) => [`InstanceId.${n + 1}`, `i-${n + 1}`] as const)

    const fields = unflatten([...names].reverse())

    expect(list(fields, 'InstanceId')).toEqual(names.map(([, id]) => id))
  })

  it('do not reach the prototype of an object', () => {
    const fields = unflatten([['__proto__.polluted', 'yes']])

    expect('polluted' in {}).toBe(false)
    expect(Object.keys(fields)).toEqual(['__proto__'])
  })

  it.each([
    [
      [
        ['A', '1'],
        ['A.B', '2'],
      ],
    ],
    [
      [
        ['A.B', '2'],
        ['A', '1'],
      ],
    ],
    [
      [
        ['A', '1'],
        ['A', '2'],
      ],
    ],
    [[['A.0', '1']]],
    [[['A.1001', '1']]],
    [[['A..B', '1']]],
    [[['A.B.C.D.E.F.G', '1']]],
  ] as const)('refuse %j', (pairs) => {
    expect(() => unflatten(pairs)).toThrow('is malformed')
  })

  it.each(['x', '-1', '1.5', '1e3'])('refuse %s where a number belongs', (value) => {
    expect(() => count(unflatten([['Size', value]]), 'Size')).toThrow('not valid')
  })

  it('refuse ids that are not a JSON list', () => {
    expect(() => jsonList(unflatten([['DiskIds', 'd-1']]), 'DiskIds')).toThrow('not valid')
    expect(jsonList(unflatten([['DiskIds', '["d-1"]']]), 'DiskIds')).toEqual(['d-1'])
  })

  it('name the one that is missing', () => {
    expect(() => need(unflatten([['DiskId', '']]), 'DiskId')).toThrow('"DiskId" that is mandatory')
  })
})
