import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, it } from 'vitest'
import { isAlive } from '../../../sandbox/ecs/proc.ts'
import { ROOT, run } from '../../support/run.ts'

const state = mkdtempSync(join(tmpdir(), 'ferry-local-'))
for (const name of ['ferry-agent.mjs', 'ferry-receiver.mjs']) writeFileSync(join(state, name), name)
const env = { FERRY_STATE_DIR: state, FERRY_PORT: '0', FERRY_BUNDLES: state }

let bot: ChildProcess | undefined

/** `npm start`, up to the last line that it prints. */
async function start(): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'bot/main.ts')], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  bot = child
  let said = ''
  for await (const line of createInterface(child.stdout)) {
    said += `${line}\n`
    if (line.startsWith('Ctrl-C')) break
  }
  return { child, said }
}

const ferry = (...args: string[]) => run('cli/main.ts', args, env)
const read = <T>(file: string): T => JSON.parse(readFileSync(join(state, file), 'utf8')) as T
const sandbox = () => read<{ mark: Parameters<typeof isAlive>[0] }>('sandbox.json').mark

async function stop(child: ChildProcess): Promise<number | null> {
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  return ((await exit) as [number | null])[0]
}

// Also when a test has failed: a sandbox must not live on behind it.
afterAll(async () => {
  if (bot !== undefined && bot.exitCode === null && bot.signalCode === null) await stop(bot)
})

describe('local mode', () => {
  it('starts from nothing, is alone on its directory, outlives SIGKILL and ends without a trace', async () => {
    const first = await start()
    expect(first.said.trim().split('\n').length).toBeLessThanOrEqual(10)
    expect(statSync(join(state, 'tokens', 'alice')).mode & 0o777).toBe(0o600)
    expect((await ferry('whoami')).out).toContain('You are alice, admin.')
    expect((await ferry('whoami', '--as', 'bob')).out).toContain('You are bob, approver.')
    expect((await ferry('enrol', 'web-01')).code).toBe(0)

    const second = await run('bot/main.ts', [], env)
    expect(second).toMatchObject({ code: 1, err: expect.stringContaining('Ferry runs already on') })

    const cloud = sandbox()
    const killed = once(first.child, 'exit')
    first.child.kill('SIGKILL')
    await killed
    expect(isAlive(cloud)).toBe(true)
    expect((await ferry('list')).code).toBe(3)

    const third = await start()
    expect(sandbox()).toEqual(cloud)
    expect((await ferry('sources')).out).toContain('web-01')

    expect(await stop(third.child)).toBe(0)
    expect(isAlive(cloud)).toBe(false)
    expect(existsSync(join(state, 'bot.json'))).toBe(false)
    expect(existsSync(join(state, 'postgres', 'data', 'postmaster.pid'))).toBe(false)
  })
})
