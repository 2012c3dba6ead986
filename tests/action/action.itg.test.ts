import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestBot } from '../support/bot.ts'
import { startTestBot } from '../support/bot.ts'
import type { Ran } from '../support/run.ts'
import { run } from '../support/run.ts'

let bot: TestBot
beforeAll(async () => {
  bot = await startTestBot()
})
afterAll(() => bot.stop())

/** Runs the committed bundle as a runner does: inputs in the environment, files for outputs and summary. */
async function act(
  inputs: Readonly<Record<string, string>>,
): Promise<Ran & { outputs: Readonly<Record<string, string>>; summary: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'ferry-action-'))
  const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary') }
  for (const path of Object.values(files)) writeFileSync(path, '')
  const env: Record<string, string> = { ...files }
  for (const [name, value] of Object.entries({ 'server-url': bot.url, ...inputs }))
    env[`INPUT_${name.toUpperCase()}`] = value
  const ran = await run('action/dist/index.cjs', [], env)
  const text = readFileSync(files.GITHUB_OUTPUT, 'utf8')
  const outputs = Object.fromEntries(
    [...text.matchAll(/^(\S+?)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map((match) => [match[1] ?? '', match[3] ?? '']),
  )
  return { ...ran, outputs, summary: readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8') }
}

describe('the Action', () => {
  it('asks its command and gives the reply as outputs and summary', async () => {
    const { code, outputs, summary, out } = await act({ token: 'viewer', command: 'whoami' })

    expect(code).toBe(0)
    expect(outputs).toMatchObject({ decision: 'done', 'reason-code': 'whoami', state: '' })
    expect(JSON.parse(outputs['result'] ?? '')).toMatchObject({ facts: { Door: 'action' } })
    expect(summary).toContain('### ✅ You are viewer, viewer.')
    expect(out).toContain('::add-mask::viewer')
  })

  it('takes the arguments from its inputs, or from a line', async () => {
    expect((await act({ token: 'viewer', command: 'status', job: 'web-99' })).outputs['reason-code']).toBe(
      'no-such-job',
    )
    expect((await act({ token: 'viewer', command: 'status web-99' })).outputs['reason-code']).toBe(
      'no-such-job',
    )
  })

  it('fails the step when it is refused, and still gives its outputs', async () => {
    const { code, out, outputs, summary } = await act({ token: 'viewer', command: 'enrol', source: 'web-01' })

    expect(code).toBe(1)
    expect(out).toMatch(/::error::Ferry: viewer is viewer.*\(not-allowed\)/)
    expect(outputs).toMatchObject({ decision: 'refused', 'reason-code': 'not-allowed' })
    expect(summary).toContain('⛔')
  })

  it('fails in words without a known token, a bot, or a command', async () => {
    expect(await act({ token: 'mallory', command: 'list' })).toMatchObject({
      code: 1,
      outputs: { 'reason-code': 'not-known' },
    })
    expect((await act({ token: 'x', command: 'list', 'server-url': 'http://127.0.0.1:9' })).out).toContain(
      '::error::No bot answers at http://127.0.0.1:9.',
    )
    expect((await act({ token: 'x', command: '' })).out).toContain('::error::command is missing')
  })

  it('shows no one-time code in outputs and summary', async () => {
    const { code, outputs, summary } = await act({ token: 'operator', command: 'enrol', source: 'web-01' })

    expect(code).toBe(0)
    expect(summary).toContain('\\*\\*\\*')
    expect(outputs['result']).toContain('"code":"***"')
  })

  it('hands the runner nothing that it would obey', async () => {
    const evil = 'x\n::set-output name=decision::done\n'
    const { out } = await act({ token: 'viewer', command: 'status', job: evil })

    expect(out.split('\n').filter((line) => line.startsWith('::set-output'))).toEqual([])
  })
})
