import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import {
  BOOT,
  causeOfBoot,
  DEFAULT_OPTIONS,
  guestChecks,
  verdictTitle,
} from '../../../core/domain/verification.ts'

const withCheck = { ...DEFAULT_OPTIONS, check: 'systemctl is-active nginx', publicNetwork: true }
const all = (ok: boolean | null) =>
  [BOOT, ...guestChecks(withCheck).map(({ name }) => name)].map((name) => ({ name, ok }))
const but = (name: string) => all(true).map((check) => (check.name === name ? { name, ok: false } : check))

describe('the checks in a booted server', () => {
  it('S16: are the disks, the private network, the public one if asked, then the own command', () => {
    expect(guestChecks(DEFAULT_OPTIONS).map(({ name }) => name)).toEqual([
      'disks of fstab',
      'private network',
    ])
    expect(guestChecks(withCheck).map(({ name }) => name)).toEqual([
      ...['disks of fstab', 'private network', 'public network', 'own command'],
    ])
  })

  it.each(guestChecks(withCheck).map(({ name, script }) => [name, script]))(
    'are scripts that any shell can read: %s',
    (_name, script) => {
      expect(spawnSync('sh', ['-n', '-c', script]).status).toBe(0)
    },
  )

  it('find a file system of fstab that is not mounted, and pass over those that need not be', () => {
    const [disks] = guestChecks(DEFAULT_OPTIONS)
    // The script as it is, with another fstab, and nothing mounted by it here.
    const fstab =
      '# none\\nproc /proc proc defaults 0 0\\n/dev/x /not/there ext4 defaults 0 2\\n/dev/y /z ext4 nofail 0 0\\n'
    const script = `mount() { :; }; ${disks?.script.replace('< /etc/fstab', '<&3') ?? ''}`
    const ran = spawnSync('sh', ['-c', `printf '${fstab}' | { exec 3<&0; ${script}; }`], { encoding: 'utf8' })

    expect(ran.stdout).toBe('/proc is mounted (proc)\n/not/there is not mounted (/dev/x)\n')
    expect(ran.status).toBe(1)
  })
})

describe('the cause of a verification that is not Verified', () => {
  it('S16: is none when the server has booted and passed every check', () => {
    expect(causeOfBoot(withCheck, all(true))).toBeUndefined()
  })

  it('S16: is NOT_BOOTED without a boot, whatever else was told', () => {
    expect(causeOfBoot(withCheck, but(BOOT))).toBe('NOT_BOOTED')
    expect(causeOfBoot(DEFAULT_OPTIONS, [])).toBe('NOT_BOOTED')
    expect(causeOfBoot(withCheck, all(null))).toBe('NOT_BOOTED')
  })

  it('is that of the first check that was not passed, also when it was never told', () => {
    expect(causeOfBoot(withCheck, but('disks of fstab'))).toBe('DISKS_NOT_MOUNTED')
    expect(causeOfBoot(withCheck, but('public network'))).toBe('NO_NETWORK')
    expect(causeOfBoot(withCheck, but('own command'))).toBe('CHECK_FAILED')
    expect(causeOfBoot(withCheck, all(true).slice(0, -1))).toBe('CHECK_FAILED')
  })
})

describe('the sentence for a verdict', () => {
  it('says the cause in words, and never Verified of bytes alone', () => {
    expect(verdictTitle('web-01: image #2', 'Verified', undefined)).toBe('web-01: image #2 is Verified')
    expect(verdictTitle('web-01: image #2', 'Not Verified', 'NOT_BOOTED')).toBe(
      'web-01: image #2 is Not Verified: The test instance has not booted',
    )
    expect(verdictTitle('web-01: image #2', 'Bytes Proven', undefined)).not.toContain('Verified')
  })
})
