import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogue } from '../../../core/commands/catalogue.ts'
import { lineOf, readInvocation } from '../../../core/commands/read.ts'
import { Refusal } from '../../../core/commands/reply.ts'
import { usageLine } from '../../../core/commands/usage.ts'

const read = (text: string) => readInvocation(text, catalogue)
const refusal = (text: string): string => {
  try {
    read(text)
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
  return 'not refused'
}

describe('the grammar of commands', () => {
  it.each([
    ['interval web-01 6h', { job: 'web-01', every: '6h' }],
    ['interval web-01 every=6h', { job: 'web-01', every: '6h' }],
    ['interval --job web-01 --every=6h', { job: 'web-01', every: '6h' }],
    ['interval every=6h web-01', { every: '6h', job: 'web-01' }],
    ['  interval   web-01\t6h ', { job: 'web-01', every: '6h' }],
  ])('reads arguments in order, as key=value and as --key value: %s', (text, raw) => {
    expect(read(text)).toEqual({ command: 'interval', raw })
  })

  it.each([
    'complete web-01 --last-sync --services-stopped',
    'complete web-01 last-sync services-stopped=true',
  ])('reads flags: %s', (text) => {
    expect(read(text).raw).toEqual({ job: 'web-01', 'last-sync': 'true', 'services-stopped': 'true' })
  })

  it.each([
    'complete web-01 --last-sync --services-stopped',
    'cancel web-01',
    'cutover start web-01 web-02',
    'release i-bp1a2b3c4d5e6f7g8h9j',
    "deny 17 reason='not before the backup'",
  ])('writes an invocation as a line that it reads as the same one: %s', (text) => {
    expect(read(lineOf(read(text)))).toEqual(read(text))
  })

  it.each([
    'cutover start web-01 web-02 db-01 concurrency=2',
    'cutover start web-01,web-02,db-01 concurrency=2',
  ])('gathers what is left into the argument that takes many: %s', (text) =>
    expect(read(text).raw).toEqual({ jobs: 'web-01,web-02,db-01', concurrency: '2' }),
  )

  it('keeps quoted words together', () => {
    expect(read("deny 17 reason='not before the backup'").raw).toEqual({
      request: '17',
      reason: 'not before the backup',
    })
    expect(read('deny 17 "not tonight"').raw).toEqual({ request: '17', reason: 'not tonight' })
  })

  it('reads a command of two words', () => {
    expect(read('audit verify')).toEqual({ command: 'audit verify', raw: {} })
    expect(read('audit web-01')).toEqual({ command: 'audit', raw: { job: 'web-01' } })
  })

  it('answers an empty text with help', () => {
    expect(read('').command).toBe('help')
  })

  it.each([
    ['snyc web-01', 'Did you mean sync?'],
    ['stauts', 'Did you mean status?'],
    ['comp web-01', 'Did you mean complete?'],
    ['sync web-01 now', 'one word too many'],
    ['interval web-01 evry=6h', 'Did you mean every?'],
    ['interval web-01 6h every=7h', 'given twice'],
    ['interval web-01 --every', 'needs a value'],
    ["deny 17 reason='open", 'not closed'],
    ['x'.repeat(5000), 'characters'],
  ])('C7: answers %j with what to type instead', (text, words) => {
    expect(refusal(text)).toContain(words)
  })

  it('never throws anything but a refusal, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 200 })),
        (text) => {
          expect(refusal(text).length).toBeLessThan(4000)
        },
      ),
      { numRuns: 1500 },
    )
  })
})

describe('every command', () => {
  it.each(catalogue.map((command) => [command.name, command] as const))(
    '%s: its example is a valid invocation of it',
    (_name, command) => {
      expect(read(command.example).command).toBe(command.name)
    },
  )

  it.each(catalogue.map((command) => [command.name, command] as const))(
    '%s: its usage line names each argument',
    (_name, command) => {
      for (const key of Object.keys(command.args))
        expect(usageLine(command)).toContain(key === 'every' ? 'every' : key)
    },
  )

  it('uses an argument name in one meaning only', () => {
    const shapes = new Map<string, string>()
    for (const command of catalogue)
      for (const [key, arg] of Object.entries(command.args)) {
        if (key === 'image' || key === 'reason') continue
        const shape = shapes.get(key)
        if (shape !== undefined) expect(`${key} ${arg.shape}`).toBe(`${key} ${shape}`)
        shapes.set(key, arg.shape)
      }
  })
})
