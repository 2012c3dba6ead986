import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { lastLines } from '../../core/domain/console.ts'
import { buildDebianDisk, debianObstacle } from '../support/debian-disk.ts'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import type { Ferry } from '../support/ferry.ts'
import { imagesOf, verified } from '../support/looks.ts'

/** Emulated, and with others at work on the machine, a boot takes minutes. */
const BOOT_MS = 300_000

const isPossible = debianObstacle() === undefined
const started = isPossible ? await startFerry({ timings: { cloudLookMs: 300 } }) : undefined

describe.skipIf(started === undefined)('a Debian server', () => {
  const ferry = started as Ferry
  const directory = mkdtempSync(join(tmpdir(), 'ferry-debian-source-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  it('S16: is migrated, and boots from its image to a login prompt, its disks mounted, its network up, nginx active', async () => {
    const { system, data } = await buildDebianDisk(directory)
    await ferry.startSourceOf('debian', [system, data])
    await ferry.tell('create debian')
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
