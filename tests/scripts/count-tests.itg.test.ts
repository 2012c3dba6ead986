import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ROOT } from '../support/run.ts'

const directory = mkdtempSync(join(tmpdir(), 'ferry-count-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const DEBIAN = 'tests/acceptance/debian.itg.test.ts'

function counted(
  skips: readonly (readonly [string, string])[],
  path?: string,
): { out: string[]; code: number | null } {
  const report = join(directory, 'report.json')
  const testResults = skips.map(([file, fullName]) => ({
    name: join(ROOT, file),
    status: 'passed',
    assertionResults: [{ status: 'skipped', fullName }],
  }))
  writeFileSync(report, JSON.stringify({ numPassedTests: 7, numFailedTests: 0, testResults }))
  const program = join(ROOT, 'scripts', 'count-tests.ts')
  const env = { ...process.env, ...(path === undefined ? {} : { PATH: path }) }
  const ran = spawnSync(process.execPath, ['--import', 'tsx', program, report], {
    cwd: ROOT,
    encoding: 'utf8',
    env,
  })
  return { out: ran.stdout.trim().split('\n'), code: ran.status }
}

describe('the count of tests', () => {
  it('ends with one line of figures', () => {
    expect(counted([])).toEqual({ out: ['7 passed, 0 failed'], code: 0 })
  })

  it('names what is skipped for want of something, and lets it pass', () => {
    // Without a PATH there is no emulator.
    const { out, code } = counted([[DEBIAN, 'a Debian server boots']], '')

    expect(out[0]).toMatch(/^skipped: tests\/acceptance\/debian\.itg\.test\.ts: a Debian server boots: ./)
    expect(out.at(-1)).toBe('7 passed, 0 failed, 1 skipped')
    expect(code).toBe(0)
  })

  it('fails when more is skipped than is allowed, or what nobody allowed', () => {
    const more = counted(
      [
        [DEBIAN, 'one'],
        [DEBIAN, 'another'],
        [DEBIAN, 'one that nobody knows of'],
      ],
      '',
    )
    const other = counted([['tests/cli/cli.itg.test.ts', 'a command']])

    expect(more.code).toBe(1)
    expect(other.out).toContain(
      '1 more skipped in tests/cli/cli.itg.test.ts than tests/skips.json allows on this machine',
    )
    expect(other.code).toBe(1)
  })
})
