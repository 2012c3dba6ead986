import { describe, expect, it } from 'vitest'
import { checklist } from '../../../core/domain/checklist.ts'

const image = { number: 4, cloudId: 'm-4', verdict: null, consistency: 'exact: services were stopped' }
const facts = {
  ...{ job: { name: 'web-01' }, image, disks: [{ path: '/dev/vda' }, { path: '/dev/vdb' }] },
  drill: undefined,
  ...{ servers: [], host: { hostname: 'shop', addresses: ['10.0.0.5', '203.0.113.7'] } },
}

describe('the checklist after completion', () => {
  it('S18: names data, services, mounts and addresses, in the order in which people go', () => {
    expect(Object.keys(checklist(facts))).toEqual([
      ...['Check the data', 'Start services', 'Check mounts', 'Switch addresses', 'If it was a mistake'],
    ])
    expect(checklist(facts)['Check the data']).toBe(
      '`verify web-01` checks image #4 m-4 (exact: services were stopped); `launch web-01` makes a server of it to look at what matters',
    )
    expect(checklist(facts)['Check mounts']).toContain('/dev/vda, /dev/vdb')
    expect(checklist(facts)['Switch addresses']).toBe(
      'the IP address has changed (shop has 10.0.0.5, 203.0.113.7): update DNS (and the ICP filing), or keep the private address',
    )
  })

  it('S18: says which servers stand already, and that an image is Verified only when it is', () => {
    const servers = [
      { cloudId: 'i-1', address: '47.0.0.1' },
      { cloudId: 'i-2', address: null },
    ]
    const list = checklist({ ...facts, servers, image: { ...image, verdict: 'Verified' } })
    expect(list['Switch addresses']).toContain('; i-1 has 47.0.0.1)')
    expect(list['Switch addresses']).not.toContain('i-2')
    expect(list['Check the data']).toContain('is Verified')
  })

  it('S18: names the services and mounts that the last drill has seen', () => {
    const items = [
      { name: 'fstab', level: 'Normal', evidence: 'UUID=1 on /; UUID=2 on /srv', fix: [] },
      { name: 'services that start at boot', level: 'Normal', evidence: 'nginx, ssh', fix: [] },
    ] as const
    const list = checklist({ ...facts, drill: { number: 3, items } })
    expect(list['Start services']).toMatch(/^at drill 3: nginx, ssh start by themselves; those that do not/)
    expect(list['Check mounts']).toMatch(/^at drill 3: UUID=1 on \/; UUID=2 on \/srv; \/dev\/vda/)

    const untold = items.map((item) => ({ ...item, evidence: 'cannot be told: no ext file system' }))
    expect(checklist({ ...facts, drill: { number: 3, items: untold } })).toEqual(checklist(facts))
  })

  it('S18: says what it can of an old agent and of deleted images', () => {
    const list = checklist({ ...facts, image: undefined, host: undefined })
    expect(list['Check the data']).toBe('its images are deleted: nothing of it is left to check')
    expect(list['Switch addresses']).toMatch(/^the IP address has changed: update DNS/)
    expect(list['Start services']).toContain('on the source and')
  })
})
