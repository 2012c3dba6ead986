import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundles, MIB, Stage, until } from '../support/machines.ts'

describe('the agent as one file', () => {
  it.each([
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
    [['--help'], 0, /--server URL/],
    [['--bogus'], 2, /Unknown option/],
    [['--server', 'http://bot'], 2, /--server and --code go together/],
    [['--server', 'bot', '--code', 'x'], 2, /must be an http or https URL/],
    [['--disk', '/dev/vda'], 2, /together with --server and --code/],
    [['extra'], 2, /Unexpected argument/],
  ])('answers %j', async (args, code, said) => {
    const { agent } = await bundles()

    const run = spawnSync(process.execPath, [agent, ...args], { cwd: tmpdir(), encoding: 'utf8' })

    expect(run.status).toBe(code)
    expect(run.stdout + run.stderr).toMatch(said)
  })

  it('says that it is not enrolled', async () => {
    const { agent } = await bundles()
    const home = mkdtempSync(join(tmpdir(), 'ferry-home-'))

    const run = spawnSync(process.execPath, [agent, '--home', home], { encoding: 'utf8' })
    rmSync(home, { recursive: true })

    expect(run.status).toBe(1)
    expect(run.stderr).toContain('not enrolled')
  })

  it('loads its native digests and leaves no file behind', async () => {
    const stage = await Stage.open({ disks: [MIB] })
    const temporary = mkdtempSync(join(tmpdir(), 'ferry-tmp-'))
    try {
      const agent = await stage.agent({ TMPDIR: temporary })
      await until('the start', () => agent.log.includes('"digests":"native"'))
      expect(readdirSync(temporary)).toEqual([])
    } finally {
      await stage.close()
      rmSync(temporary, { recursive: true })
    }
  })

  it('works without native code', async () => {
    const stage = await Stage.open({ disks: [MIB] })
    try {
      const agent = await stage.agent({ FERRY_DIGEST: 'wasm' })
      await stage.receiver()
      expect(await stage.sync()).toMatchObject({ status: 'done' })
      expect(agent.log).toContain('"digests":"wasm"')
    } finally {
      await stage.close()
    }
  })
})
