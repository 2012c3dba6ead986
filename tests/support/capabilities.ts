import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { findTool } from '../../agent/source/inspect/tools.ts'
import { findQemu } from '../../sandbox/ecs/emulator/qemu.ts'
import { debianObstacle } from './debian-disk.ts'
import { loopObstacle } from './loop-disk.ts'
import { ROOT } from './run.ts'

/** Why programs of this checkout cannot be run as another user; undefined when they can. */
export function otherUsersObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can run programs as another user'
  const closed = ancestors(ROOT).find((path) => (statSync(path).mode & 0o001) === 0)
  return closed === undefined ? undefined : 'other users may not enter the checkout'
}

function ancestors(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [path] : [path, ...ancestors(parent)]
}

/** Which of these programs is not installed. */
function missing(...programs: readonly string[]): string | undefined {
  const lacking = programs.filter((program) => findTool(program) === undefined)
  return lacking.length === 0 ? undefined : `${lacking.join(' and ')} not installed`
}

/**
 * What some tests need of the machine that they run on, each with what keeps this one from having it; undefined when
 * it has it. `tests/skips.json` says how many tests of a file may then be skipped; scripts/count-tests.ts holds it.
 */
export const CAPABILITIES: Readonly<Record<string, () => string | undefined>> = {
  debian: debianObstacle,
  qemu: () => (findQemu() === undefined ? 'qemu-system-x86_64 is not installed' : undefined),
  'ext4 tools': () => missing('mke2fs', 'debugfs'),
  packers: () => missing('zstd', 'xz', 'lz4'),
  'loop devices': loopObstacle,
  'other-users': otherUsersObstacle,
}
