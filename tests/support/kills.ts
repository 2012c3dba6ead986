import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import { Migration } from './migration.ts'
import { freshDatabase } from './postgres.ts'
import { House } from './processes.ts'

/**
 * Where a bot is killed in the course of one migration: each place ends one life of it, and the next life begins at
 * once. A place is a failpoint without its program: `jobs.change:before:5` is the fifth change of a job in this life.
 */
export interface Kills {
  readonly at: readonly string[]
  /** How many images the job keeps: with 1, the second sync deletes the first image. */
  readonly keep?: number
  /** The newest image is verified at the end. */
  readonly verify?: boolean
}

/** One migration per row, all in one house, one after the other, so that a place is reached in the same moment each time. */
export function describeKills(subject: string, rows: readonly Kills[]): void {
  describe(subject, () => {
    let house: House

    beforeAll(async () => {
      house = await House.open(await freshDatabase())
      await house.startBot()
      await house.startAgent()
    })

    afterAll(() => house.close())

    it.each(rows.map((row, index) => ({ ...row, job: `job-${index}`, places: row.at.join(' and ') })))(
      'loses nothing at $places',
      async ({ job, at, keep, verify }) => {
        const migration = new Migration(house, job, keep)
        // The source must be free for the next row.
        onTestFailed(async () => void (await house.say('alice', `cancel ${job}`)))
        await house.bot.restart(...at.map((place) => ({ FERRY_FAILPOINT: `bot:${place}` })))
        const { length } = house.bot.lives

        await migration.run()
        if (verify === true) await migration.verify()

        const ended = house.bot.lives.slice(length - 1, length - 1 + at.length)
        expect(
          ended.map(({ exit }) => exit),
          house.bot.log(),
        ).toEqual(at.map(() => ({ code: null, signal: 'SIGKILL' })))
        expect(house.bot.now.exit).toBeUndefined()
        await migration.prove()
      },
      120_000,
    )
  })
}
