import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestBot } from '../support/bot.ts'
import { startTestBot } from '../support/bot.ts'
import { run } from '../support/run.ts'

let bot: TestBot
/** A state directory as local mode leaves it, with the tokens of the test's people. */
let state: string
beforeAll(async () => {
  bot = await startTestBot()
  state = mkdtempSync(join(tmpdir(), 'ferry-state-'))
  mkdirSync(join(state, 'tokens'))
  writeFileSync(join(state, 'tokens', 'alice'), 'admin\n')
  writeFileSync(join(state, 'tokens', 'bob'), 'viewer\n')
  writeFileSync(join(state, 'bot.json'), JSON.stringify({ url: bot.url }))
})
afterAll(() => bot.stop())

const ferry = (args: readonly string[], env: Record<string, string> = {}) =>
  run('cli/main.ts', args, { FERRY_STATE_DIR: state, ...env })

describe('the CLI', () => {
  it('asks the local bot as alice, or as the person that --as names', async () => {
    expect(await ferry(['whoami'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('You are admin, admin.'),
    })
    expect((await ferry(['whoami', '--as', 'bob'])).out).toContain('You are viewer, viewer.')
  })

  it('asks another bot with another token when the environment names them, and never with a local one', async () => {
    const elsewhere = { FERRY_SERVER_URL: bot.url, FERRY_STATE_DIR: '/nowhere' }

    expect((await ferry(['whoami'], { ...elsewhere, FERRY_TOKEN: 'operator' })).out).toContain(
      'You are operator',
    )
    expect(await ferry(['whoami'], { FERRY_SERVER_URL: 'http://127.0.0.1:9' })).toMatchObject({
      code: 2,
      err: expect.stringContaining('FERRY_TOKEN is missing'),
    })
  })

  it('prints the whole reply with --json', async () => {
    const { code, out } = await ferry(['help', 'interval', '--json'])

    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      outcome: 'done',
      code: 'help',
      facts: { Example: '`interval web-01 6h`' },
    })
  })

  it('says by its exit code what became of it', async () => {
    expect(await ferry(['statsu'])).toMatchObject({
      code: 2,
      out: expect.stringContaining('Did you mean status?'),
    })
    expect((await ferry(['status', 'web-99'])).code).toBe(1)
    expect((await ferry(['enrol', 'web-01', '--as', 'bob'])).code).toBe(1)
    expect(
      await ferry(['status'], { FERRY_SERVER_URL: 'http://127.0.0.1:9', FERRY_TOKEN: 'x' }),
    ).toMatchObject({
      code: 3,
      err: expect.stringContaining('npm start'),
    })
    expect(await ferry(['status'], { FERRY_STATE_DIR: '/nowhere' })).toMatchObject({
      code: 3,
      err: expect.stringContaining('No bot runs here'),
    })
  })

  it('explains itself without a bot', async () => {
    const { code, out } = await ferry(['complete', '--help'], { FERRY_STATE_DIR: '/nowhere' })

    expect(code).toBe(0)
    expect(out).toContain('Example: npm run ferry -- complete')
  })

  it('ends a watch of a job that is not there', async () => {
    expect(await ferry(['watch', 'web-99'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('no job web-99'),
    })
  })
})
