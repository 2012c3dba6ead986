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
  readonly image: number
  readonly checks: readonly { readonly name: string }[]
}

describe('a verification whose bot is killed', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ferry-guest-'))
  let house: House
  let migration: Migration

  beforeAll(async () => {
    const { path } = standInGuest(directory)
    house = await House.open(await freshDatabase(), undefined, ['--emulator', path])
    await house.startBot({ QUICK_BOT_BOOT_MS: '30000' })
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

    await migration.alice("verify killed check='echo well'")
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

  it('goes on with a wave where it was, and does no step twice', async () => {
    await house.startAgent('data')
    const second = new Migration(house, 'killed-too')
    await second.begin(undefined, 'data')
    await second.ended(1)
    // After the wave has asked for approval, and after it has begun to verify by itself.
    await house.bot.restart(
      { FERRY_FAILPOINT: 'bot:approvals.request:after' },
      { FERRY_FAILPOINT: 'bot:verifications.start:after' },
    )
    const { length } = house.bot.lives
    await migration.alice('cutover start killed killed-too')
    await migration.alice('cutover check services-stopped --all')
    for (const each of [migration, second]) {
      const { data } = await each.reaches(
        'waiting',
        ({ data }) => (data?.['approvals'] as number[]).length > 0,
      )
      await house.say('bob', `approve ${String((data?.['approvals'] as number[])[0])}`)
      await each.reaches('completed')
    }
    await eventually(
      'the wave',
      () => migration.alice('cutover status'),
      ({ data }) =>
        JSON.stringify(data?.['checklist']).match(/"step":"verify","state":"done"/g)?.length === 2,
      60_000,
    )

    expect(house.bot.lives.length - length, house.log()).toBe(2)
    for (const each of [migration, second]) {
      const finals = (await each.syncs()).filter(({ kind }) => kind === 'final')
      expect(finals).toMatchObject([{ result: 'ok' }])
      const { data } = await each.alice(`verify ${each.job} --records`)
      const last = (data?.['verifications'] as Record[]).filter(({ image }) => image === finals[0]?.sync)
      expect(last).toMatchObject([{ verdict: 'Verified' }])
      const { table } = await each.alice(`audit ${each.job}`)
      const asked = table?.rows.filter((row) => row.includes('approval asked'))
      expect(asked).toHaveLength(1)
    }
  }, 120_000)
})
