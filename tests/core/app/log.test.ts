import { describe, expect, it } from 'vitest'
import { createLog } from '../../../core/app/log.ts'

/** Made up of parts, so that no secret scanner takes the test for a leak. */
const SECRETS: Readonly<Record<string, string>> = {
  'an access key': `LTAI${'5tExampleExample'}`,
  'a Slack token': `xoxb-${'1234567890-abcdef'}`,
  'a GitHub token': `ghp_${'a'.repeat(36)}`,
  'a JWT': `eyJ${'hbGciOiJIUzI1NiJ9'}.eyJ${'zdWIiOiIxIn0'}.c2lnbmF0dXJl`,
  'a bearer token': `Bearer ferry_${'0123456789abcdef'}`,
  'a private key': `-----BEGIN ${'PRIVATE KEY'}-----\nMC4CAQAwBQ\n-----END ${'PRIVATE KEY'}-----`,
  'a configured secret': 'quote"and\\backslash',
}

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  let lines = ''
  const log = createLog(
    { level: 'info', secrets: [SECRETS['a configured secret'] ?? ''] },
    { write: (line: string) => void (lines += line) },
  )
  write(log)
  return lines
}

describe('the log', () => {
  it.each(Object.entries(SECRETS))(
    'never holds %s, neither in a fact nor in the cause of an error',
    (_what, secret) => {
      const error = new Error('outer', { cause: new Error(`inner ${secret}`) })
      const lines = logged((log) => {
        log.warn('something', { deep: { value: secret } })
        log.error('failed', { error })
      })

      expect(lines.trim().split('\n')).toHaveLength(2)
      for (const line of lines.trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow()
      expect(lines).toContain('outer')
      const core = secret.split('\n').at(1) ?? secret.replace('Bearer ', '')
      expect(lines).not.toContain(core)
      expect(lines).not.toContain(JSON.stringify(core).slice(1, -1))
    },
  )

  it('keeps the rest of a database URL', () => {
    const url = `postgres://ferry:${'hunter2'}@db.example:5432/ferry`

    expect(logged((log) => log.info('connecting', { url }))).toContain(
      'postgres://ferry:[password]@db.example:5432/ferry',
    )
  })
})
