import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/bot-process.ts'
import { Migration } from '../support/migration.ts'
import { freshDatabase } from '../support/postgres.ts'
import { House } from '../support/processes.ts'
import { standInGuest } from '../support/stand-in-guest.ts'

interface Record {
  readonly verdict: string | null
  readonly cause: string | null
  readonly checks: readonly { readonly name: string }[]
}

describe('a verification whose bot is killed', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ferry-guest-'))
  let house: House
  let migration: Migration

  beforeAll(async () => {
    const { path } = standInGuest(directory)
    house = await House.open(await freshDatabase(), undefined, ['--emulator', path])
    await house.startBot()
    await house.startAgent()
    migration = new Migration(house, 'killed')
    await migration.begin()
    await migration.ended(1)
  })
  afterAll(async () => {
    await house.close()
    rmSync(directory, { recursive: true, force: true })
  })

  it.each([
    ['while its server is made', ['cloud.isolatedGroup:after', 'cloud.createInstance:after']],
    ['while its server is checked', ['cloud.runCommand:after', 'verifications.setChecks:after:2']],
    ['while its server is released', ['cloud.deleteInstance:after:2', 'verifications.end:before']],
  ])('S16: goes on %s, is Verified, and leaves no instance', async (_moment, places) => {
    await house.bot.restart(...places.map((place) => ({ FERRY_FAILPOINT: `bot:${place}` })))
    const { length } = house.bot.lives

    await migration.alice("verify killed timeout=1m check='echo well'")
    const ended = await eventually(
      'the verdict',
      async () => {
        const { data } = await migration.alice('verify killed --records')
        return (data?.['verifications'] as Record[])[0]
      },
      (latest) => latest?.verdict != null,
      90_000,
    )

    expect({ verdict: ended?.verdict, cause: ended?.cause }, house.log()).toEqual({
      verdict: 'Verified',
      cause: null,
    })
    expect(house.bot.lives.length - length).toBe(places.length)
    await eventually(
      'the release',
      async () => (await house.cloud.inventory()).filter(({ kind }) => kind === 'instance').length,
      (instances) => instances === 1,
    )
  })
})
