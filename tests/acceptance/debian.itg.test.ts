import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { lastLines } from '../../core/domain/console.ts'
import { buildDebianDisk, debianObstacle } from '../support/debian-disk.ts'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import type { Ferry } from '../support/ferry.ts'
import { drilled, imagesOf, verified } from '../support/looks.ts'

/** Emulated, and with others at work on the machine, a boot takes minutes. */
const BOOT_MS = 300_000

const isPossible = debianObstacle() === undefined
const started = isPossible ? await startFerry({ timings: { cloudLookMs: 300 } }) : undefined

describe.skipIf(started === undefined)('a Debian server', () => {
  const ferry = started as Ferry
  const directory = mkdtempSync(join(tmpdir(), 'ferry-debian-source-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  it('S19: is drilled clean: nothing keeps it from booting in the cloud, and what it lacks is said', async () => {
    const { system, data } = await buildDebianDisk(directory)
    await ferry.startSourceOf('debian', [system, data])
    await ferry.tell('create debian')

    const items = await drilled(ferry, 'debian', '', 60_000)

    const status = await ferry.waitFor('debian', 'ready')
    expect(status.data?.['drill']).toMatchObject({ result: 'clean' })
    const seen = (name: string): string => `${items[name]?.level}: ${items[name]?.evidence}`
    expect(seen('boot loader')).toBe('Normal: boot mode BIOS, grub (/boot/grub/grub.cfg)')
    expect(seen('kernel and initramfs')).toMatch(
      /^Normal: .*virtio_blk initramfs, virtio_pci initramfs, virtio_net module$/,
    )
    expect(seen('root device')).toMatch(/^Normal: root=UUID=/)
    expect(seen('fstab')).toMatch(/^Normal: UUID=\S+ on \/; UUID=\S+ on \/srv$/)
    expect(seen('network addresses')).toMatch(/^Normal: e\* by DHCP/)
    expect(seen('services that start at boot')).toMatch(/^Normal: .*nginx.*systemd-networkd/)
    expect(seen('cloud-init')).toMatch(/^Warning: it is not installed/)
    expect(seen('Cloud Assistant')).toMatch(/^Warning: it is not installed/)
    const warned = Object.values(items).flatMap(({ name, level }) => (level === 'Normal' ? [] : [name]))
    // Others may be at work on the machine that plays the source.
    expect(warned.filter((name) => name !== 'load')).toEqual(['cloud-init', 'Cloud Assistant'])
  }, 300_000)

  it('S16: is migrated, and boots from its image to a login prompt, its disks mounted, its network up, nginx active', async () => {
    await ferry.tell('start debian')
    await ferry.waitFor('debian', 'waiting', 1, 120_000)

    const { verdict, cause, checks } = await verified(
      ferry,
      'debian',
      "--keep-instance timeout=5m check='systemctl is-active nginx'",
      BOOT_MS * 2,
    )

    expect({ verdict, cause }, JSON.stringify(checks, undefined, 1)).toEqual({
      verdict: 'Verified',
      cause: null,
    })
    const told = new Map(checks.map((check) => [check.name, check.detail]))
    expect(told.get('disks of fstab')).toMatch(/\/ is mounted .*\/srv is mounted/)
    expect(told.get('private network')).toContain('the metadata service answers')
    expect(told.get('own command')).toBe('exit code 0 | active')

    // S15, S5: the test server was kept, so its image is in use until it is released.
    const [kept] = (await ferry.store.ledger.open()).filter(({ purpose }) =>
      purpose.startsWith('kept for olga'),
    )
    const id = kept?.cloudId ?? ''
    const console = await eventually(
      'the login prompt',
      async () => {
        const written = await ferry.cloud.consoleOutput(id)
        return written.includes('debian login:') && written
      },
      BOOT_MS,
    )
    expect(lastLines(console, 3).join('\n')).toContain('debian login:')
    expect(await imagesOf(ferry, 'debian')).toMatchObject([{ verdict: 'Verified', inUse: true }])
    await ferry.tell(`release ${id}`)
    await eventually('the release', async () => (await ferry.cloud.instance(id)) === undefined)
    await eventually('the free image', async () => (await imagesOf(ferry, 'debian'))[0]?.inUse === false)
  }, 900_000)
})
