import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How a guest's code is run: by the processor itself, or by translation, which runs everywhere and is slow. */
export interface Accelerator {
  readonly name: 'kvm' | 'tcg'
  readonly cpu: string
}

/** Everything the processor has; to translate less is quicker, and this much is what today's systems demand. */
const KVM: Accelerator = { name: 'kvm', cpu: 'max' }
const TCG: Accelerator = { name: 'tcg', cpu: 'Nehalem' }

/**
 * A boot sector that enters 64-bit mode with paging, as a kernel does, and then writes 16 to the port of
 * isa-debug-exit, which ends the emulator with `16 * 2 + 1`. There are machines with a /dev/kvm whose guests die at
 * their first instruction, or stand still later: only running one tells.
 */
const BOOT_SECTOR = Buffer.from(
  '+jHAjtiOwI7QvAB8Zr8AEAAAZjHAZrkADAAA/Gbzq2bHBgAQAyAAAGbHBgAgAzAAAGbHBgAwgwAAAGa4oAAAAA8i4Ga4ABAAAA8i2Ga5gAAA' +
    'wA8yZg0AAQAADzAPIMBmDQEAAIAPIsAPARaQfOpyfAgAsBDm9PTr/Q8fgAAAAAAAAAAAAAAAAAAAAAAAmiAADwCAfAAA',
  'base64',
)
const WELL = 33
const PATIENCE_MS = 3000

const known = new Map<string, Promise<Accelerator>>()

/** The quickest accelerator under which a guest lives on this host. Tried once per process and emulator. */
export function acceleratorOf(qemu: string): Promise<Accelerator> {
  let found = known.get(qemu)
  if (found === undefined) {
    found = livesUnder(qemu, KVM).then((lives) => (lives ? KVM : TCG))
    known.set(qemu, found)
  }
  return found
}

async function livesUnder(qemu: string, { name, cpu }: Accelerator): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'ferry-probe-'))
  try {
    const disk = Buffer.alloc(1024 * 1024)
    BOOT_SECTOR.copy(disk)
    disk.writeUInt16LE(0xaa55, 510)
    writeFileSync(join(folder, 'disk'), disk)
    const machine = ['-accel', name, '-cpu', cpu, '-m', '16', '-nodefaults', '-display', 'none', '-no-reboot']
    const devices = ['-drive', 'file=disk,format=raw,if=virtio', '-device', 'isa-debug-exit,iobase=0xf4']
    return (await exitCodeOf(qemu, [...machine, ...devices], folder)) === WELL
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function exitCodeOf(program: string, args: readonly string[], cwd: string): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: 'ignore' })
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    child.on('error', () => resolve(null))
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve(code)
    })
  })
}
