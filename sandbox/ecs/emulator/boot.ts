import { spawn } from 'node:child_process'
import { appendFileSync, closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { diskFile } from '../bytes.ts'
import type { Cloud } from '../cloud.ts'
import { machineEnvironment, machineFiles, machineProcesses } from '../machine.ts'
import { markOf } from '../proc.ts'
import type { Instance } from '../state.ts'
import { acceleratorOf } from './accelerator.ts'
import { ASSISTANT_SOCKET, METADATA, qemuArguments, whyNot } from './qemu.ts'

/**
 * Boots an instance of one's own image, as a process that outlives the sandbox and dies with the instance. What keeps
 * it from booting is written where people look: on its console. A machine that already runs is left alone.
 */
export async function bootEmulated(cloud: Cloud, instance: Instance): Promise<void> {
  const { home, emulator } = cloud.settings
  const files = machineFiles(home, instance.id)
  mkdirSync(files.root, { recursive: true })
  if (machineProcesses(home, instance).length > 0) return
  const image = cloud.state.images[instance.imageId]
  const obstacle = emulator === undefined ? 'qemu-system-x86_64 is not installed here' : whyNot(image)
  if (emulator === undefined || obstacle !== undefined) {
    appendFileSync(files.console, `No bootable device: ${obstacle ?? ''}.\n`)
    return
  }
  const accelerator = await acceleratorOf(emulator)
  // It may have been stopped or released meanwhile.
  if (cloud.state.instances[instance.id]?.status !== 'Running') return

  const disks = Object.values(cloud.state.disks)
    .filter((disk) => disk.instanceId === instance.id && disk.status === 'In_use')
    .sort((a, b) => (a.device ?? '').localeCompare(b.device ?? ''))
    .map((disk) => ({ disk, path: diskFile(home, disk.id) }))
  rmSync(join(files.folder, ASSISTANT_SOCKET), { force: true })
  writeFileSync(
    join(files.folder, METADATA),
    `HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${instance.id.length}\r\n\r\n${instance.id}`,
  )
  const log = openSync(files.console, 'a')
  const child = spawn(emulator, qemuArguments({ instance, image, accelerator, disks }), {
    cwd: files.folder,
    env: machineEnvironment(cloud.settings, instance),
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  child.on('error', () => undefined)
  child.unref()
  const mark = child.pid === undefined ? undefined : markOf(child.pid)
  if (mark) instance.process = mark
}

/** Where the assistant of a booted machine is spoken to; undefined when the machine has no emulator. */
export function assistantSocket({ settings }: Cloud, instance: Instance): string | undefined {
  // Through /proc, since the path of a socket may have 107 bytes and a home may be deep.
  const [process] = machineProcesses(settings.home, instance)
  return process === undefined ? undefined : `/proc/${process.pid}/cwd/${ASSISTANT_SOCKET}`
}
