import { describe, expect, it } from 'vitest'
import { hopelessLine, lastLines } from '../../../core/domain/console.ts'

const BOOTED =
  '\u001b[?7l\u001b[2JGRUB loading...\r\n[    1.0] Run /init\r\n\r\nDebian GNU/Linux 12\r\ndebian login: '

describe('the console of an instance', () => {
  it.each([
    ['Booting from Hard Disk...\nNo bootable device.\n', 'No bootable device.'],
    [
      '[    2.1] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n',
      '[    2.1] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)',
    ],
    ['error: no such device\r\nEntering rescue mode...\r\ngrub rescue> ', 'grub rescue>'],
    [
      'ALERT!  /dev/vda1 does not exist.  Dropping to a shell!',
      'ALERT!  /dev/vda1 does not exist.  Dropping to a shell!',
    ],
    ['\u001b[0mYou are in emergency mode. After logging in', 'You are in emergency mode. After logging in'],
  ])('tells that a boot has failed: %j', (written, line) => {
    expect(hopelessLine(written)).toBe(line)
  })

  it('leaves hope while nothing final is said', () => {
    expect(hopelessLine(BOOTED)).toBeUndefined()
    expect(hopelessLine('')).toBeUndefined()
    expect(hopelessLine('Welcome to GRUB!')).toBeUndefined()
  })

  it('ends with the lines that a person sees', () => {
    expect(lastLines(BOOTED, 2)).toEqual(['Debian GNU/Linux 12', 'debian login:'])
    expect(lastLines(BOOTED, 9)[0]).toBe('GRUB loading...')
  })
})
