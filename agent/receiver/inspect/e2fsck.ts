/** Asks e2fsck, where there is one, whether an ext file system is sound. It only reads. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DiskCheck } from '../../protocol/control.ts'

/** Where to look besides PATH: services often run without the sbin directories. */
const SBIN = ['/sbin', '/usr/sbin']

function findProgram(): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(':').filter(Boolean), ...SBIN]
  return directories.map((directory) => join(directory, 'e2fsck')).find((path) => existsSync(path))
}

/** Checks the file system at `offset` of a disk. May take minutes on a large one. Never throws. */
export async function e2fsck(name: string, path: string, offset: number): Promise<DiskCheck> {
  const program = findProgram()
  if (program === undefined) return { name, ok: null, detail: 'e2fsck is not on this machine' }
  const file = offset === 0 ? path : `${path}?offset=${offset}`
  return new Promise((resolve) => {
    const run = {
      env: { PATH: SBIN.join(':'), LC_ALL: 'C' },
      timeout: 3_600_000,
      maxBuffer: 64 * 1024 * 1024,
    }
    execFile(program, ['-fn', file], run, (problem, stdout, stderr) => {
      const lines = `${stderr}\n${stdout}`.split('\n').filter((line) => line.trim() !== '')
      const detail = (lines.at(-1) ?? 'e2fsck said nothing').slice(0, 2000)
      if (!problem) return resolve({ name, ok: true, detail })
      // Bit 4: errors left uncorrected. Without it e2fsck could not work, which says nothing of the file system.
      const code = typeof problem.code === 'number' ? problem.code : 0
      if ((code & 4) !== 0) return resolve({ name, ok: false, detail })
      resolve({ name, ok: null, detail: `e2fsck could not check it: ${detail}` })
    })
  })
}
