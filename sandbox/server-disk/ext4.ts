import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Distributions keep the tools for file systems where an ordinary user's PATH does not look. */
const PLACES = [...(process.env['PATH'] ?? '').split(':'), '/sbin', '/usr/sbin', '/usr/local/sbin']

/** Finds a tool of e2fsprogs. */
export function findTool(name: 'mke2fs' | 'debugfs' | 'e2fsck'): string | undefined {
  return PLACES.filter((place) => place !== '')
    .map((place) => join(place, name))
    .find((path) => existsSync(path))
}

/** Where a file system lies in a disk file. */
export interface Partition {
  readonly path: string
  readonly offset: number
  readonly bytes: number
}

/** Makes an ext4 of a folder's files inside a disk file, without mounting anything. */
export function makeExt4(tool: string, partition: Partition, from: { folder: string; uuid: string }): void {
  const { path, offset, bytes } = partition
  // A small journal, and nothing written that may as well be a hole.
  const extended = `offset=${offset},hash_seed=${from.uuid},root_owner=0:0,lazy_itable_init=1,lazy_journal_init=1,nodiscard`
  const shape = [
    '-t',
    'ext4',
    '-b',
    '4096',
    '-m',
    '1',
    '-J',
    'size=4',
    '-L',
    'root',
    '-U',
    from.uuid,
    '-E',
    extended,
  ]
  run(tool, ['-q', '-F', ...shape, '-d', from.folder, path, `${bytes / 1024}k`])
}

/** Writes new files into an ext4 that is not mounted, below one new folder, so that it stays clean. */
export function addFiles(
  tool: string,
  partition: Partition,
  folder: string,
  files: readonly { name: string; content: string | Buffer }[],
): void {
  const scratch = mkdtempSync(join(tmpdir(), 'ferry-files-'))
  try {
    const lines = files.map(({ name, content }, n) => {
      const host = join(scratch, String(n))
      writeFileSync(host, content)
      return `write ${host} ${folder}/${name}`
    })
    const script = join(scratch, 'commands')
    writeFileSync(script, [`mkdir ${folder}`, ...lines, ''].join('\n'))
    const output = run(tool, ['-w', '-f', script, `${partition.path}?offset=${partition.offset}`])
    // debugfs reports trouble in words and exits with 0 all the same.
    if (/no space|could not|error/i.test(output))
      throw new Error(`debugfs could not write ${folder}: ${output}`)
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

/** Whether the ext4 is clean: every structure is checked, nothing is repaired. */
export function isClean(tool: string, { path, offset }: Partition): boolean {
  try {
    run(tool, ['-f', '-n', `${path}?offset=${offset}`])
    return true
  } catch {
    return false
  }
}

function run(tool: string, args: readonly string[]): string {
  return execFileSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
