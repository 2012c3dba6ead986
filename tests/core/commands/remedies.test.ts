import { describe, expect, it } from 'vitest'
import { catalogue } from '../../../core/commands/catalogue.ts'
import { commandsIn } from '../../../core/commands/describe-fault.ts'
import { readInvocation } from '../../../core/commands/read.ts'
import { FAULTS, remedyOf } from '../../../core/domain/faults.ts'

/** What is to be typed on the source, not to Ferry. */
const SHELL = /^(sudo )?(node ferry-agent\.mjs|dmesg|smartctl -a)$/

describe('a remedy', () => {
  it.each(Object.entries(FAULTS))(
    'of %s has nothing in backticks but commands that can be typed',
    (_code, entry) => {
      const commands = commandsIn(remedyOf(entry, 'web-01'))
      for (const command of commands.filter((each) => !SHELL.test(each)))
        expect(() => readInvocation(command, catalogue), command).not.toThrow()
    },
  )

  it.each(Object.entries(FAULTS))('of %s leaves no place to fill in', (_code, entry) =>
    expect(remedyOf(entry, 'web-01')).not.toMatch(/<\w+>/),
  )

  it('names the command that failed, which is not always `retry`', () => {
    expect(remedyOf(FAULTS.BALANCE, 'web-01')).toBe('Add funds to the account, then `retry web-01`.')
    expect(remedyOf(FAULTS.BALANCE, 'web-01', 'drill web-01')).toBe(
      'Add funds to the account, then `drill web-01`.',
    )
  })
})
