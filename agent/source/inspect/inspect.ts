/** Everything an inspection tells of a system, fact by fact; it only reads, and each fact can fail by itself. */
import { existsSync } from 'node:fs'
import type { SourceDisk } from '../../protocol/control.ts'
import type { InspectResult } from '../../protocol/inspect.ts'
import { bootCodeIn, bootLoader, distribution, kernels, rootArgument, type DiskBoot } from './boot.ts'
import { firstSector, ImageRoot, stretchesOf, type Stretch } from './image-root.ts'
import { clock, load } from './load.ts'
import { network } from './network.ts'
import { CannotTell, LiveRoot, told, type Root } from './root.ts'
import { assistant, cloudInit, selinux, services } from './software.ts'
import { encryption, fileSystems, fstab, lvm, raid } from './storage.ts'

/** What is looked at: the root of the system that is migrated, and its system disk from outside. */
export interface Subject {
  readonly looksAt: string
  readonly root: Root
  readonly disk: DiskBoot
  /** What lies on the disks of an image; nothing of a running system, which tells by itself. */
  readonly stretches: readonly Stretch[]
}

/** What the agent migrates decides: the system that runs here, or the one that lies in an image file. */
export async function subjectOf(disks: readonly SourceDisk[]): Promise<Subject> {
  const [system] = disks
  if (system?.kind !== 'file') return runningSystem(system)
  const stretches = disks.filter(({ kind }) => kind === 'file').flatMap(({ path }) => [...stretchesOf(path)])
  const esp = stretchesOf(system.path).some(({ content }) => content === 'fat')
  const disk: DiskBoot = {
    firmware: esp ? 'UEFI' : 'BIOS',
    bootCode: bootCodeIn(firstSector(system.path)),
    esp,
  }
  try {
    const root = await ImageRoot.open(system.path)
    return { looksAt: root.looksAt, root, disk, stretches }
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem)
    return { looksAt: system.path, root: nothing(why), disk, stretches }
  }
}

function runningSystem(system: SourceDisk | undefined): Subject {
  const firmware = existsSync('/sys/firmware/efi') ? 'UEFI' : 'BIOS'
  const disk: DiskBoot = { firmware, bootCode: bootCodeOf(system?.path), esp: undefined }
  return { looksAt: 'the running system', root: new LiveRoot(), disk, stretches: [] }
}

/** Null when the disk may not be read. */
function bootCodeOf(path: string | undefined): DiskBoot['bootCode'] {
  try {
    return path === undefined ? null : bootCodeIn(firstSector(path))
  } catch {
    return null
  }
}

/** A root that cannot be looked into: every fact of it says why. */
function nothing(why: string): Root {
  const refuse = (): Promise<never> => Promise.reject(new CannotTell(why))
  return { isRunning: false, text: refuse, list: refuse, exists: refuse, withFile: refuse, space: refuse }
}

/** `server`: the bot, whose clock is compared with. `tell` says what is being looked at. */
export async function inspect(
  { looksAt, root, disk, stretches }: Subject,
  server: string,
  tell: (note: string) => void = () => undefined,
): Promise<InspectResult> {
  tell('looking at how it boots')
  const boot = {
    distribution: await told(() => distribution(root)),
    firmware:
      disk.firmware === undefined ? { unknown: 'the firmware is not known' } : { value: disk.firmware },
    bootLoader: await told(() => bootLoader(root, disk)),
    rootArgument: await told(() => rootArgument(root)),
    kernels: await told(() => kernels(root)),
  }
  tell('looking at its disks')
  const storage = {
    fstab: await told(() => fstab(root)),
    fileSystems: await told(() => fileSystems(root)),
    lvm: await told(() => lvm(root, stretches)),
    raid: await told(() => raid(root, stretches)),
    encryption: await told(() => encryption(root, stretches)),
  }
  tell('looking at its network, services and load')
  return {
    looksAt,
    isRunning: root.isRunning,
    ...boot,
    ...storage,
    selinux: await told(() => selinux(root)),
    network: await told(() => network(root)),
    cloudInit: await told(() => cloudInit(root)),
    assistant: await told(() => assistant(root)),
    services: await told(() => services(root)),
    clock: await told(() => clock(server)),
    // Whatever is migrated, it is this server that reads it.
    load: await told(() => load(new LiveRoot())),
  }
}
