import { describe, expect, it } from 'vitest'
import { catalogue } from '../core/commands/catalogue.ts'
import { generatedFiles, staleFiles } from '../scripts/generate.ts'

const files = await generatedFiles()

describe('generated files', () => {
  it('are fresh; else `npm run generate` makes them so', async () => {
    expect(await staleFiles(files)).toEqual([])
  })

  it('name every command and every argument', () => {
    for (const command of catalogue) {
      expect(files.get('docs/commands.md')).toContain(command.summary)
      expect(files.get('action.yml')).toContain(command.name)
      for (const key of Object.keys(command.args)) expect(files.get('action.yml')).toContain(`\n  ${key}:`)
    }
  })

  it('hold no path of the machine that made them', () => {
    for (const text of files.values()) expect(text).not.toContain(process.cwd())
  })
})
