import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { diskFile } from './bytes.ts'
import type { Settings } from './options.ts'
import { markOf, processesOf, signal } from './proc.ts'
import type { Process } from './proc.ts'
import { isBootDisk } from './state.ts'
import type { Disk, Instance, State } from './state.ts'

/** What an instance has on this host. `root` is its persistent directory, `dev` names its data disks. */
export function machineFiles(home: string, instanceId: string) {
  const folder = join(home, 'instances', instanceId)
  const file = (name: string) => join(folder, name)
  return {
    folder,
    root: file('root'),
    dev: file('dev'),
    script: file('user-data'),
    console: file('console.log'),
  }
}

/** The environment of everything that runs in the machine; real ones get these facts from their hardware. */
export function machineEnvironment(settings: Settings, instance: Instance): Record<string, string> {
  const { root, dev } = machineFiles(settings.home, instance.id)
  return {
    ...settings.machineEnvironment,
    PATH: `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    FERRY_HOME: root,
    FERRY_DEV: dev,
    FERRY_LISTEN: instance.address,
  }
}

/**
 * Boots a machine of a public image: runs its UserData as `sh <file>`, detached, in a process group of its own, so
 * that it outlives the sandbox. A machine that already has processes is adopted, not booted twice: the sandbox may
 * have died between starting it and writing that down.
 */
export function bootMachine(settings: Settings, state: State, instance: Instance): void {
  const { home } = settings
  const files = machineFiles(home, instance.id)
  mkdirSync(files.root, { recursive: true })
  plugDisks(home, state, instance)
  if (!instance.userData.startsWith('#!') || machineProcesses(home, instance).length > 0) return

  writeFileSync(files.script, instance.userData, { mode: 0o700 })
  const log = openSync(files.console, 'a')
  const env = machineEnvironment(settings, instance)
  const stdio: ['ignore', number, number] = ['ignore', log, log]
  // Detached: its own session and group, so that neither our end nor a Ctrl-C in our terminal reaches it.
  const child = spawn('sh', [files.script], { cwd: files.root, env, stdio, detached: true })
  closeSync(log)
  // Without `sh` there is no pid: the machine stays without a process, as one whose script ended at once.
  child.on('error', () => undefined)
  child.unref()
  const mark = child.pid === undefined ? undefined : markOf(child.pid)
  if (mark) instance.process = mark
}

/** The living processes of a machine, found by its directory in their environment and by their group. */
export function machineProcesses(home: string, instance: Instance): readonly Process[] {
  return processesOf(`FERRY_HOME=${machineFiles(home, instance.id).root}`, instance.process)
}

/** Sends a signal to every process of a machine. */
export function signalMachine(home: string, instance: Instance, name: NodeJS.Signals): void {
  for (const process of machineProcesses(home, instance)) signal(process, name)
}

/** Kills what still lives and says whether nothing did. A process that forks meanwhile is met the next time. */
export function haltMachine(home: string, instance: Instance): boolean {
  const living = machineProcesses(home, instance)
  for (const process of living) signal(process, 'SIGKILL')
  return living.length === 0
}

/** Names the attached data disks in `dev` as Linux does (`vdb`), and no others. */
export function plugDisks(home: string, state: State, instance: Instance): void {
  const { dev } = machineFiles(home, instance.id)
  mkdirSync(dev, { recursive: true })
  for (const name of readdirSync(dev)) rmSync(join(dev, name))
  for (const disk of Object.values(state.disks)) {
    if (disk.instanceId !== instance.id || isBootDisk(disk) || disk.status !== 'In_use') continue
    symlinkSync(diskFile(home, disk.id), join(dev, linuxName(disk)))
  }
}

function linuxName(disk: Disk): string {
  return (disk.device ?? '').replace('/dev/xvd', 'vd')
}
