/** The destination: an instance that stands already, and whose disks are replaced when its job completes (S17). */
import { wholeGiB } from './bytes.ts'
import type { JobDisk } from './job.ts'

export interface DestinationDisk {
  readonly id: string
  readonly device: string
  readonly role: 'system' | 'data'
  readonly sizeGiB: number
  readonly deleteWithInstance: boolean
}

/** The destination as the cloud showed it. */
export interface DestinationLook {
  readonly name: string
  readonly address: string
  readonly privateAddress: string
  readonly zone: string
  readonly type: string
  readonly status: string
  readonly imageId: string
  readonly tags: Readonly<Record<string, string>>
  /** By device: the system disk first. */
  readonly disks: readonly DestinationDisk[]
}

/** The tag by which a job holds its destination: `<installation>/<job id>`. The instance is not Ferry's own for it. */
export const DESTINATION_TAG = 'ferry:destination'

/** One replacement of a destination's disks: what was found there before anything was changed. */
export interface Swap {
  /** 1, 2, …: after a way back the disks may be replaced again. */
  readonly number: number
  readonly state: 'under way' | 'done' | 'taken back'
  readonly image: { readonly number: number; readonly cloudId: string }
  readonly wasRunning: boolean
  readonly before: readonly DestinationDisk[]
  /** Of the system that was there: what its image must say if it is to boot again. */
  readonly oldSystem: { readonly architecture: 'x86_64' | 'arm64'; readonly bootMode: 'BIOS' | 'UEFI' }
  /** How the new system came up; empty until then. */
  readonly check: string
}

/**
 * Where the ledger keeps what one replacement makes: under it `way-back`, the snapshot of the old system disk, and
 * `former/<device>`, the old data disks.
 */
export function swapKey(jobId: string, number: number): string {
  return `${jobId}/swap/${number}`
}

/** The device of the source's disk at this place: `/dev/xvda` is the system disk's. */
export function deviceAt(place: number): string {
  return `/dev/xvd${String.fromCharCode('a'.charCodeAt(0) + place)}`
}

/**
 * How large the new disk at a place is: as large as the one it replaces, so that the bill stays as it was, and never
 * smaller than the source's.
 */
export function newSizeGiB(disk: JobDisk, place: number, before: readonly DestinationDisk[]): number {
  const old = before.find(({ device }) => device === deviceAt(place))
  return Math.max(wholeGiB(disk.sizeBytes, 20), old?.sizeGiB ?? 0)
}

/**
 * Why an instance cannot be the destination of a job, in a sentence; undefined when it can. `look` is undefined when
 * it does not exist. `mark`: the job's own value of DESTINATION_TAG.
 */
export function whyUnfit(
  instanceId: string,
  look: DestinationLook | undefined,
  job: { readonly region: string; readonly zone: string; readonly mark: string },
  source: readonly JobDisk[],
): string | undefined {
  if (look === undefined)
    return `The destination ${instanceId} does not exist in ${job.region}: check the id, or create the job again with another instance.`
  if (look.zone !== job.zone)
    return `The destination ${instanceId} is in the zone ${look.zone}; its new disks are made in ${job.zone}. Choose an instance in ${job.zone}.`
  if (look.tags['ferry:managed'] !== undefined)
    return `${instanceId} was made by Ferry itself (an intermediate, or a launched instance) and cannot be a destination.`
  const holder = look.tags[DESTINATION_TAG]
  if (holder !== undefined && holder !== job.mark)
    return `The destination ${instanceId} is held by another job (its tag ${DESTINATION_TAG} says ${holder}). End that job, or choose another instance.`
  if (look.status !== 'Running' && look.status !== 'Stopped')
    return `The destination ${instanceId} is ${look.status}; it must be Running or Stopped. Wait until it is.`
  for (const [place, disk] of source.entries()) {
    const old = look.disks.find(({ device }) => device === deviceAt(place))
    const needed = wholeGiB(disk.sizeBytes, 1)
    if (old !== undefined && old.sizeGiB < needed)
      return `The disk ${old.device} of the destination ${instanceId} has ${old.sizeGiB} GiB; ${disk.path} of the source needs ${needed} GiB. Enlarge it in the cloud, or choose another instance.`
  }
  return undefined
}

/** `/dev/xvda 40 GiB, /dev/xvdb 20 GiB` */
export function diskWords(disks: readonly Pick<DestinationDisk, 'device' | 'sizeGiB'>[]): string {
  return disks.map(({ device, sizeGiB }) => `${device} ${sizeGiB} GiB`).join(', ')
}
