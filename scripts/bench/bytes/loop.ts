/** Raw files as block devices, for what only block devices show: direct reading, and tracking of writes. */
import { spawnSync } from 'node:child_process'

/** A loop device over a file; undefined where there are none. To be detached, whatever happens. */
export function attach(path: string, ...options: readonly string[]): string | undefined {
  const run = spawnSync('losetup', ['--find', '--show', ...options, path], { encoding: 'utf8' })
  return run.status === 0 ? run.stdout.trim() : undefined
}

export const detach = (device: string): void => void spawnSync('losetup', ['--detach', device])
