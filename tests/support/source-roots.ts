/** Roots of systems for tests of inspections, kept tiny and built where the test runs. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll } from 'vitest'
import type { Space } from '../../agent/source/inspect/root.ts'
import { LiveRoot } from '../../agent/source/inspect/root.ts'

const folders: string[] = []

export function aFolder(): string {
  if (folders.length === 0)
    afterAll(() => {
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
    })
  const folder = mkdtempSync(join(tmpdir(), 'ferry-root-'))
  folders.push(folder)
  return folder
}

/** Writes these files below a folder; a path that ends in a slash is a directory. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    const whole = join(folder, path)
    mkdirSync(path.endsWith('/') ? whole : dirname(whole), { recursive: true })
    if (!path.endsWith('/')) writeFileSync(whole, content)
  }
}

class FixtureRoot extends LiveRoot {
  private readonly spaces: Readonly<Record<string, Space>>
  constructor(path: string, spaces: Readonly<Record<string, Space>>) {
    super(path)
    this.spaces = spaces
  }
  override async space(mount: string): Promise<Space | undefined> {
    return this.spaces[mount]
  }
}

/** A running system with these files; `spaces`: the room in what it mounts. */
export function aRoot(
  files: Readonly<Record<string, string | Buffer>>,
  spaces: Readonly<Record<string, Space>> = {},
): LiveRoot {
  const folder = aFolder()
  writeFiles(folder, files)
  return new FixtureRoot(folder, spaces)
}

/** A cpio archive (newc) of files with these names, each with some bytes. */
export function cpio(names: readonly string[]): Buffer {
  const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
  const entry = (name: string, body: Buffer): Buffer => {
    const fields = [1, 0o100644, 0, 0, 1, 0, body.length, 0, 0, 0, 0, name.length + 1, 0]
    const head = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`
    return Buffer.concat([padded(Buffer.from(head)), padded(body)])
  }
  return Buffer.concat([
    ...names.map((name, at) => entry(name, Buffer.alloc(at * 7 + 1, 'x'))),
    entry('TRAILER!!!', Buffer.alloc(0)),
  ])
}

/** As distributions make them: microcode first and plain, padded, then the rest, packed. */
export function initramfs(
  names: readonly string[],
  pack: (plain: Buffer) => Buffer = (plain) => gzipSync(plain),
): Buffer {
  const early = cpio(['kernel/x86/microcode/GenuineIntel.bin'])
  return Buffer.concat([early, Buffer.alloc(512 - (early.length % 512)), pack(cpio(names))])
}

/** Packs with a program of this machine. */
export function packedBy(program: string, args: readonly string[]): (plain: Buffer) => Buffer {
  return (plain) => execFileSync(program, [...args], { input: plain })
}
