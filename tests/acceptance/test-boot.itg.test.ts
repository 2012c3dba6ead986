import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import { completed, imagesOf, newestImage, seen, verified } from '../support/looks.ts'
import { MIB } from '../support/source-disks.ts'
import { standInGuest } from '../support/stand-in-guest.ts'

const directory = mkdtempSync(join(tmpdir(), 'ferry-guest-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const guest = standInGuest(directory)
const ferry = await startFerry({
  sandbox: { emulator: guest.path, soldOut: ['ecs.g7.large'] },
  timings: { bootMs: 15_000 },
})
await ferry.migrate('web', [2 * MIB, MIB], 'keep=1')

beforeEach(() => guest.become('boots'))

/** What the cloud was last asked to run that is no intermediate and no inspector. */
function lastTestInstance(): Readonly<Record<string, string>> {
  const asked = ferry.sandbox.calls().filter(({ action }) => action === 'RunInstances')
  const found = asked.findLast(({ params }) => params['InstanceName']?.startsWith('ferry-verify-'))
  return found?.params ?? {}
}

async function instances(): Promise<readonly string[]> {
  const found = (await ferry.cloud.inventory()).filter(({ kind }) => kind === 'instance')
  return found.map(({ tags }) => tags['ferry:key'] ?? '').filter((key) => !key.endsWith('/intermediate'))
}

describe('the test boot of a verification', () => {
  it('S16: is Verified when the server comes up and passes the checks and the own command; it is released', async () => {
    const { verdict, cause, checks } = await verified(ferry, 'web', "check='echo all is well'")

    expect({ verdict, cause }).toEqual({ verdict: 'Verified', cause: null })
    expect(checks.filter(({ name }) => !name.includes('disk ')).map(({ name, ok }) => [name, ok])).toEqual([
      ...[
        ['boot', true],
        ['disks of fstab', true],
        ['private network', true],
        ['own command', true],
      ],
    ])
    expect(checks.at(-1)?.detail).toBe('exit code 0 | all is well')
    expect((await newestImage(ferry, 'web')).verdict).toBe('Verified')
    expect(await instances()).toEqual([])
  })

  it('S16: stands alone: no public address, a group that lets nothing in or out, and an end that the cloud knows', async () => {
    const params = lastTestInstance()
    const group = params['SecurityGroupIds.1'] ?? params['SecurityGroupId']

    expect(params['InternetMaxBandwidthOut']).toBe('0')
    expect(group).not.toBe(ferry.sandbox.securityGroup)
    const egress = ferry.sandbox.calls().findLast(({ action }) => action === 'AuthorizeSecurityGroupEgress')
    expect(egress?.params).toMatchObject({
      SecurityGroupId: group,
      'Permissions.2.Policy': 'drop',
      'Permissions.2.DestCidrIp': '0.0.0.0/0',
    })
    expect(Date.parse(params['AutoReleaseTime'] ?? '') - Date.now()).toBeGreaterThan(30 * 60_000)
  })

  it('S16: is Not Verified when the own command fails, with its exit code and what it wrote', async () => {
    const { verdict, cause, checks } = await verified(
      ferry,
      'web',
      "check='echo nginx is broken >&2; exit 3'",
    )

    expect({ verdict, cause }).toEqual({ verdict: 'Not Verified', cause: 'CHECK_FAILED' })
    expect(checks.at(-1)).toEqual({
      name: 'own command',
      ok: false,
      detail: 'exit code 3 | nginx is broken',
    })
    expect(await instances()).toEqual([])
  })

  it('S16: does not wait for a server whose console says that it never comes up', async () => {
    guest.become('empty')
    const { checks } = await verified(ferry, 'web', 'timeout=1h')

    expect(checks.at(-1)).toMatchObject({ name: 'boot', ok: false })
    expect(checks.at(-1)?.detail).toContain('the console says: No bootable device.')
  })

  it('takes the next instance type when one is sold out, and refuses what is none', async () => {
    const { verdict } = await verified(ferry, 'web', 'type=ecs.g7.large,ecs.c7.xlarge')
    const wrong = await ferry.ask('olga', 'verify web type=large')

    expect(verdict).toBe('Verified')
    expect(lastTestInstance()['InstanceType']).toBe('ecs.c7.xlarge')
    expect(wrong).toMatchObject({ outcome: 'refused', code: 'bad-argument' })
  })

  it('S16: is NOT_BOOTED once the time is over when nothing answers; until then it shows how far it is', async () => {
    guest.become('silent')
    const ended = verified(ferry, 'web', 'timeout=10s')
    const shown = await seen(ferry, 'web', ({ facts }) => /booting i-/.test(facts['Verification'] ?? ''))
    const other = await ferry.ask('olga', "verify web check='true'")
    const records = await ferry.tell('verify web --records')
    const { verdict, cause, checks } = await ended

    expect(shown.facts['Verification']).toMatch(/^\d+, running: booting i-\w+, \d+s of at most 10s$/)
    expect(records.table?.rows[0]?.[5]).toMatch(/^running: booting/)
    // Asked in another way it would be another verification; one at a time reads an image.
    expect(other).toMatchObject({ outcome: 'refused', code: 'verification-running' })
    expect({ verdict, cause }).toEqual({ verdict: 'Not Verified', cause: 'NOT_BOOTED' })
    expect(checks.at(-1)?.detail).toBe('no answer of the Cloud Assistant within 10s | stand-in login:')
    expect(await instances()).toEqual([])
  })

  it('S16: of the bytes alone proves them, boots nothing, and leaves the verdict on the image as it is', async () => {
    await verified(ferry, 'web')
    const before = ferry.sandbox.calls().filter(({ action }) => action === 'RunInstances').length

    const { verdict, checks } = await verified(ferry, 'web', '--bytes')
    const mixed = await ferry.ask('olga', 'verify web --bytes check=true')

    expect(verdict).toBe('Bytes Proven')
    expect(checks).toContainEqual(expect.objectContaining({ name: 'bytes of disk 1', ok: true }))
    expect(checks.some(({ name }) => name === 'boot')).toBe(false)
    expect(ferry.sandbox.calls().filter(({ action }) => action === 'RunInstances')).toHaveLength(before + 1)
    expect((await newestImage(ferry, 'web')).verdict).toBe('Verified')
    expect(mixed).toMatchObject({ outcome: 'refused', code: 'bad-argument' })
  })
})

describe('a launched server', () => {
  it('S5: is made of an image, which is in use and passed over by keep until the server is released', async () => {
    const [image] = await imagesOf(ferry, 'web')
    await ferry.tell('launch web type=ecs.g7.large,ecs.c7.large for=8h')
    const [server] = await eventually('its address', async () => {
      const held = (await ferry.tell('resources web')).data?.['resources']
      const found = (held as { id: string; purpose: string; address: string | null }[]).filter(
        ({ purpose, address }) => purpose.startsWith('launched by olga') && address !== null,
      )
      return found.length > 0 && found
    })
    await ferry.tell('sync web')
    await ferry.waitFor('web', 'waiting', 2)
    const whileUsed = await ferry.tell('images web')
    await ferry.tell('sync web')
    await ferry.waitFor('web', 'waiting', 3)
    const kept = (await imagesOf(ferry, 'web')).map(({ image: number }) => number)

    await ferry.tell(`release ${server?.id ?? ''}`)
    await eventually('the image to go', async () => (await imagesOf(ferry, 'web')).length === 1)

    expect((await ferry.cloud.image(image?.id ?? ''))?.id).toBeUndefined()
    const inUse = whileUsed.table?.columns.indexOf('in use') ?? -1
    expect(whileUsed.table?.rows.map((row) => row[inUse])).toEqual([server?.id, 'no'])
    expect(kept).toEqual([1, 3])
    expect(await instances()).toEqual([])
  })

  it('S15: is made of the newest image unless another is named, and stays when the job has ended', async () => {
    await completed(ferry, 'web')
    const launched = await ferry.tell('launch web')
    const missing = await ferry.ask('olga', 'launch web image=9')
    const id = await eventually('the server', async () => {
      const open = await ferry.store.ledger.open()
      return (
        open.find(({ purpose, address }) => purpose.includes('from image #3') && address !== null)?.cloudId ??
        undefined
      )
    })
    // S16: an image is verified after completion as before.
    const { verdict } = await verified(ferry, 'web')

    expect(launched.data).toMatchObject({ image: 3 })
    expect(missing.code).toBe('no-such-image')
    expect(verdict).toBe('Verified')
    expect((await ferry.cloud.instance(id))?.status).toBe('Running')
    await ferry.tell(`release ${id}`)
    await eventually('the release', async () => (await ferry.cloud.instance(id)) === undefined)
  })

  it('S5: that cannot be made is told, and holds nothing', async () => {
    await ferry.tell('launch web type=ecs.g7.large')
    await eventually('the end of it', async () =>
      (await ferry.store.ledger.open()).every(({ kind }) => kind !== 'instance'),
    )

    const told = await ferry.sql`select title from outbox where title like 'The instance launched by olga%'`
    expect(told.map(({ title }) => String(title))).toEqual([
      'The instance launched by olga from image #3 of web was not made: The instance type is sold out in the zone',
    ])
    expect((await imagesOf(ferry, 'web')).map(({ inUse }) => inUse)).toEqual([false])
  })
})
