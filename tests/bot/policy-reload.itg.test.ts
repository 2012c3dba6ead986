import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Reply } from '../../core/commands/reply.ts'
import { eventually } from '../support/bot-process.ts'
import { freshDatabase } from '../support/postgres.ts'
import { House } from '../support/processes.ts'

interface Written {
  people: { name: string; role: string; tokens?: string[] }[]
  [section: string]: unknown
}

describe('a bot that is told to read its policy file again (SIGHUP)', () => {
  let house: House
  let file: string

  beforeAll(async () => {
    house = await House.open(await freshDatabase())
    file = join(house.path, 'ferry.yaml')
    await house.startBot({ FERRY_LOG_LEVEL: 'info' })
    await house.say('alice', 'whoami')
    await eventually(
      'the start',
      async () => house.bot.log(),
      (log) => log.includes('the bot is ready'),
    )
  })
  afterAll(() => house.close())

  const policy = (): Written => JSON.parse(readFileSync(file, 'utf8')) as Written
  /** Writes the file, sends the signal and waits for the word that the audit has of it. */
  async function reload(text: string): Promise<Reply> {
    const audited = async () => {
      const { data } = await house.say('alice', 'audit')
      return (data?.['entries'] as { action: string; outcome: string; facts: object }[]).filter(
        ({ action }) => action === 'policy.reload',
      )
    }
    const { length } = await audited()
    writeFileSync(file, text)
    house.bot.signal('SIGHUP')
    await eventually('the reload', audited, (rows) => rows.length > length)
    return house.say('alice', 'audit')
  }
  const whoIs = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify({ text: 'whoami' }) }
    return (await fetch(`${house.bot.url}/api/commands`, init)).status
  }
  const lastReload = ({ data }: Reply) =>
    (data?.['entries'] as { action: string; outcome: string; facts: object }[]).find(
      ({ action }) => action === 'policy.reload',
    )

  it('lets in who is new, keeps out who is gone, goes on as the same process, and audits it', async () => {
    const before = policy()
    const tokens = [`sha256:${createHash('sha256').update('carol').digest('hex')}`]
    const people = [
      ...before.people.filter(({ name }) => name !== 'bob'),
      { name: 'carol', role: 'approver', tokens },
    ]

    expect([await whoIs('bob'), await whoIs('carol')]).toEqual([200, 401])
    const audit = await reload(JSON.stringify({ ...before, people, defaults: { keep: 5 } }))

    expect([await whoIs('bob'), await whoIs('carol')]).toEqual([401, 200])
    expect(lastReload(audit)).toMatchObject({ outcome: 'done', facts: { changed: 'people, defaults' } })
    expect(house.bot.lives).toHaveLength(1)
  })

  it('refuses a bad file with all its problems in the log; the former policy stays in force', async () => {
    const before = policy()

    const bad = { ...before, people: [{ name: 'Eve', role: 'boss' }], approvals: { comple: 1 } }
    const audit = await reload(JSON.stringify(bad))

    expect([await whoIs('alice'), await whoIs('carol')]).toEqual([200, 200])
    expect(lastReload(audit)).toMatchObject({ outcome: 'refused', facts: { problems: 3 } })
    for (const place of ['people[0].name', 'people[0].role', 'approvals.comple'])
      expect(house.bot.log()).toContain(place)
    writeFileSync(file, JSON.stringify(before))
  })

  it.each([
    ['another region', { region: 'cn-beijing' }, 'only by a restart'],
    ['no vSwitch', { vswitch: undefined }, 'lacks cloud.vswitch'],
  ])('refuses %s, which a bot that runs cannot take', async (_words, cloud, problem) => {
    const before = policy()

    await reload(JSON.stringify({ ...before, cloud: { ...(before['cloud'] as object), ...cloud } }))

    expect(house.bot.log()).toContain(problem)
    expect(await whoIs('alice')).toBe(200)
    writeFileSync(file, JSON.stringify(before))
  })

  it('survives a file that is half written, and many signals at once', async () => {
    const before = readFileSync(file, 'utf8')

    const audit = await reload('people: [')
    for (let i = 0; i < 20; i++) house.bot.signal('SIGHUP')
    await reload(before)

    expect(lastReload(audit)).toMatchObject({ outcome: 'refused' })
    expect(await whoIs('carol')).toBe(200)
    expect(house.bot.lives).toHaveLength(1)
  })
})
