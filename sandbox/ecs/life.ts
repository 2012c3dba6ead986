import { diskFile } from './bytes.ts'
import type { Cloud } from './cloud.ts'
import { bootEmulated } from './emulator/boot.ts'
import { bootMachine, haltMachine, machineFiles, plugDisks } from './machine.ts'
import { BASE_IMAGES } from './places.ts'
import type { Disk, Image, Instance, Snapshot, State } from './state.ts'

/**
 * The lives of resources, and how long each passing status lasts on an unhurried sandbox:
 *   instance  Pending → Starting → Running; Stopping → Stopped, Starting (a reboot) or gone (a release)
 *   disk      Creating → Available; Attaching → In_use; Detaching → Available
 *   snapshot  progressing → accomplished, not before its bytes are durable
 *   image     Creating → Available, not before its snapshots are accomplished; CreateFailed if one failed
 */
export const DELAYS_MS = {
  pending: 50,
  starting: 150,
  stopping: 100,
  releasing: 50,
  assistant: 200,
  diskCreating: 50,
  attaching: 100,
  detaching: 100,
  snapshot: 300,
  image: 200,
} as const

/** How soon a machine that would not die is looked at again. */
const HALT_AGAIN_MS = 10

/** Whether an image is one of the public ones, whose machines are their UserData, run on this host. */
function isPublic(imageId: string): boolean {
  return BASE_IMAGES.some((image) => image.id === imageId)
}

/** Sends an instance into Stopping; its processes die at once, as when the power goes. */
export function beginStop(cloud: Cloud, instance: Instance, afterStop: Instance['afterStop']): void {
  instance.status = 'Stopping'
  instance.afterStop = afterStop
  instance.due = cloud.after(afterStop === 'release' ? DELAYS_MS.releasing : DELAYS_MS.stopping)
  delete instance.assistantAt
  haltMachine(cloud.settings.home, instance)
}

/** Moves everything on whose time has come; true if anything moved. One step may make another due. */
export function passTime(cloud: Cloud): boolean {
  const { instances, disks, snapshots, images } = cloud.state
  let moved = false
  for (let again = true; again; moved ||= again) {
    again = false
    for (const instance of Object.values(instances)) again = passInstance(cloud, instance) || again
    for (const disk of Object.values(disks)) again = passDisk(cloud, disk) || again
    for (const snapshot of Object.values(snapshots)) again = passSnapshot(cloud, snapshot) || again
    for (const image of Object.values(images)) again = passImage(cloud, image) || again
  }
  return moved
}

/** When something is next to move by itself. What waits for bytes is woken by their copy, not by the clock. */
export function nextDue(state: State): number | undefined {
  const dues = [
    ...Object.values(state.instances).flatMap(({ due, releaseAt }) => [due, releaseAt]),
    ...Object.values(state.disks).map(({ due }) => due),
    ...Object.values(state.snapshots).map(({ due, isCopied }) => (isCopied ? due : undefined)),
    ...Object.values(state.images).map((image) => (waitsFor(state, image) ? undefined : image.due)),
  ].filter((due) => due !== undefined)
  return dues.length > 0 ? Math.min(...dues) : undefined
}

function passInstance(cloud: Cloud, instance: Instance): boolean {
  if ((instance.releaseAt ?? Infinity) <= cloud.now() && instance.afterStop !== 'release') {
    beginStop(cloud, instance, 'release')
    return true
  }
  if (!isDue(cloud, instance)) return false
  delete instance.due
  if (instance.status === 'Pending') {
    instance.status = 'Starting'
    instance.due = cloud.after(DELAYS_MS.starting)
  } else if (instance.status === 'Starting') {
    instance.status = 'Running'
    instance.startedAt = cloud.now()
    switchOn(cloud, instance)
  } else if (!haltMachine(cloud.settings.home, instance)) {
    instance.due = cloud.now() + HALT_AGAIN_MS
    return false
  } else if (instance.afterStop === 'release') {
    forget(cloud, instance)
  } else {
    instance.status = instance.afterStop === 'start' ? 'Starting' : 'Stopped'
    if (instance.afterStop === 'start') instance.due = cloud.after(DELAYS_MS.starting)
    instance.afterStop = 'stay'
  }
  return true
}

/** The power comes. A machine of one's own image boots from its disks; whether it comes up is up to them. */
export function switchOn(cloud: Cloud, instance: Instance): void {
  if (!isPublic(instance.imageId)) {
    cloud.inBackground(() => bootEmulated(cloud, instance))
    return
  }
  bootMachine(cloud.settings, cloud.state, instance)
  instance.assistantAt = cloud.after(DELAYS_MS.assistant)
}

/** Removes an instance whose processes are dead, with the disks that go with it; the others become Available. */
export function forget(cloud: Cloud, instance: Instance): void {
  const { home } = cloud.settings
  for (const disk of Object.values(cloud.state.disks)) {
    if (disk.instanceId !== instance.id) continue
    if (disk.deleteWithInstance) {
      delete cloud.state.disks[disk.id]
      cloud.discard(diskFile(home, disk.id))
    } else {
      release(cloud, disk)
    }
  }
  delete cloud.state.instances[instance.id]
  cloud.discard(machineFiles(home, instance.id).folder)
}

function passDisk(cloud: Cloud, disk: Disk): boolean {
  if (!isDue(cloud, disk)) return false
  delete disk.due
  if (disk.status === 'Attaching') disk.status = 'In_use'
  else release(cloud, disk)
  const instance = cloud.state.instances[disk.instanceId ?? '']
  if (instance) plugDisks(cloud.settings.home, cloud.state, instance)
  return true
}

function release(cloud: Cloud, disk: Disk): void {
  if (disk.instanceId !== undefined) disk.detachedAt = cloud.now()
  disk.status = 'Available'
  delete disk.instanceId
  delete disk.device
}

function passSnapshot(cloud: Cloud, snapshot: Snapshot): boolean {
  if (!snapshot.isCopied || !isDue(cloud, snapshot)) return false
  delete snapshot.due
  snapshot.status = 'accomplished'
  snapshot.changedAt = cloud.now()
  return true
}

function passImage(cloud: Cloud, image: Image): boolean {
  if (image.status !== 'Creating') return false
  const snapshots = image.disks.map(({ snapshotId }) => cloud.state.snapshots[snapshotId ?? ''])
  const hasFailed = snapshots.some((snapshot) => snapshot?.status === 'failed')
  if (!hasFailed && (waitsFor(cloud.state, image) || !isDue(cloud, image))) return false
  delete image.due
  image.status = hasFailed ? 'CreateFailed' : 'Available'
  return true
}

function waitsFor(state: State, image: Image): boolean {
  return image.disks.some(({ snapshotId }) => state.snapshots[snapshotId ?? '']?.status === 'progressing')
}

function isDue(cloud: Cloud, resource: { due?: number }): boolean {
  return resource.due !== undefined && resource.due <= cloud.now()
}
