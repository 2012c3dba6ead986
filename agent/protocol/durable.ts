/** Files that survive a power cut: written beside, made durable, renamed over, and the directory made durable too. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes all of it: where hardly any room is left the system takes a part, and says so only when asked again. */
export function writeAll(fd: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(fd, bytes, done, bytes.length - done, offset + done)
}

/** Makes the names in a directory durable. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Replaces a small file as a whole, readable by its owner alone. After a crash either the old or the new content is there. */
export function writeDurably(path: string, content: string | Uint8Array): void {
  const next = `${path}.next`
  const fd = openSync(next, 'w', 0o600)
  try {
    writeAll(fd, Buffer.from(content), 0)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(next, path)
  syncDirectory(dirname(path))
}

/** Makes a directory that only its owner may enter. Repeatable. */
export function privateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
}
