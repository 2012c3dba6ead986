import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OUTPUTS } from '../../action/outputs.ts'
import { ROOT } from '../support/run.ts'

const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
/** Where runs are refused before a command is looked at. */
const SOURCES = ['bot/api/oidc.ts', 'bot/api/callers.ts', 'core/domain/admission.ts', 'action/credentials.ts']

describe('docs/action.md', () => {
  const page = textOf('docs/action.md')

  it('says what to do for every code by which a run is not let in', () => {
    const codes = SOURCES.flatMap((path) => [
      ...textOf(path).matchAll(/(?:code: |unwelcome\(\s*|Failure\(\s*)'([a-z]+(?:-[a-z]+)+)'/g),
    ]).map(([, code = '']) => code)
    const unsaid = [...new Set(codes)].filter((code) => code !== 'not-known' && !page.includes(`\`${code}\``))

    expect(codes.length).toBeGreaterThan(20)
    expect(unsaid).toEqual([])
  })

  it('names every output', () => {
    for (const name of Object.keys(OUTPUTS)) expect(page).toContain(`| \`${name}\``)
  })
})
