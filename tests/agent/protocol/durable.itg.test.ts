import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeAll } from '../../../agent/protocol/durable.ts'

describe.skipIf(process.getuid?.() !== 0)('a file system with little room left', () => {
  let directory = ''
  let fd = -1
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ferry-full-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'ferry-test', directory])
    fd = openSync(join(directory, 'file'), 'w+')
  })
  afterEach(() => {
    closeSync(fd)
    execFileSync('umount', [directory])
    rmSync(directory, { recursive: true })
  })

  it('takes a part of a write without a word', () => {
    expect(writeSync(fd, Buffer.alloc(100_000), 0, 100_000, 0)).toBeLessThan(100_000)
  })

  it('is not taken for one that took all', () => {
    expect(() => writeAll(fd, Buffer.alloc(100_000), 0)).toThrow(/ENOSPC/)
    writeAll(fd, Buffer.from('here'), 10)
    expect(statSync(join(directory, 'file')).size).toBe(65_536)
    expect(readFileSync(join(directory, 'file')).toString('latin1', 10, 14)).toBe('here')
  })
})
