/**
 * Everything the sandbox knows, as it lies in `home/state.json`. Times are milliseconds since 1970.
 * `due` is when a passing status ends (see `life.ts`); a resource without it stays as it is.
 */

export type TagMap = Record<string, string>

/**
 * Pending: accepted, nothing runs. Starting, Stopping: on the way; every other request is refused. Running: its
 * processes live, or have died without the cloud's notice. Stopped: no processes, all disks kept.
 */
export type InstanceStatus = 'Pending' | 'Starting' | 'Running' | 'Stopping' | 'Stopped'

export interface Instance {
  readonly id: string
  name: string
  readonly hostName: string
  readonly description: string
  status: InstanceStatus
  due?: number
  /** What follows `Stopping`. */
  afterStop: 'stay' | 'start' | 'release'
  /** Another one once its system disk was replaced. */
  imageId: string
  readonly type: string
  readonly zone: string
  readonly vSwitch: string
  readonly securityGroups: readonly string[]
  readonly address: string
  readonly hasPublicAddress: boolean
  readonly createdAt: number
  startedAt?: number
  /** From then on the Cloud Assistant answers, while the instance runs. */
  assistantAt?: number
  readonly releaseAt?: number
  readonly isProtected: boolean
  /** Decoded; run at each boot. */
  readonly userData: string
  process?: ProcessMark
  tags: TagMap
}

/** A process that cannot be mistaken for another: a recycled pid has another start, or another boot of this host. */
export interface ProcessMark {
  /** Also its process group's and its session's. */
  readonly pid: number
  readonly startTicks: string
  readonly bootId: string
}

/** Only Available can be attached or deleted, only In_use can be detached; the others pass by themselves. */
type DiskStatus = 'Creating' | 'Available' | 'Attaching' | 'In_use' | 'Detaching'

export interface Disk {
  readonly id: string
  name: string
  readonly description: string
  readonly role: 'system' | 'data'
  readonly category: string
  readonly performanceLevel: string
  readonly sizeGiB: number
  readonly zone: string
  status: DiskStatus
  due?: number
  instanceId?: string
  /** As the cloud names it: `/dev/xvdb`. */
  device?: string
  /** What becomes of it when its instance is released. */
  deleteWithInstance: boolean
  readonly sourceSnapshotId?: string
  readonly imageId?: string
  readonly createdAt: number
  attachedAt?: number
  detachedAt?: number
  tags: TagMap
}

/**
 * Whether an instance boots from the disk. A disk that was born as a system disk keeps that role for ever; attached to
 * another instance it is one more of its data disks.
 */
export function isBootDisk({ device }: Pick<Disk, 'device'>): boolean {
  return device === '/dev/xvda'
}

/** A disk at one instant. It outlives its disk, and cannot be deleted while an image is made of it. */
export interface Snapshot {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly diskId: string
  readonly diskRole: 'system' | 'data'
  readonly sizeGiB: number
  status: 'progressing' | 'accomplished' | 'failed'
  due?: number
  /** The bytes are in place and durable. A snapshot that is progressing without it at start was cut short. */
  isCopied: boolean
  readonly createdAt: number
  changedAt: number
  readonly retentionDays?: number
  tags: TagMap
}

/** One disk of an image, and what an instance made of it gets. */
export interface ImageDisk {
  readonly device: string
  readonly role: 'system' | 'data'
  readonly sizeGiB: number
  /** Absent for an empty data disk, and for the disks of public images. */
  readonly snapshotId?: string
}

/** Only an Available image can be used; a Deprecated one can be made Available again, CreateFailed is final. */
type ImageStatus = 'Creating' | 'Available' | 'CreateFailed' | 'Deprecated'

export interface Image {
  readonly id: string
  /** `system` are the public images, which every sandbox has. */
  readonly owner: 'system' | 'self'
  name: string
  description: string
  family: string
  readonly version: string
  readonly osName: string
  readonly platform: string
  readonly architecture: string
  bootMode: string
  status: ImageStatus
  due?: number
  readonly disks: readonly ImageDisk[]
  readonly createdAt: number
  tags: TagMap
}

/** Kept because callers create, find and delete it; nothing is filtered by it. */
export interface SecurityGroup {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly vpc: string
  readonly createdAt: number
  rules: Record<string, string>[]
  tags: TagMap
}

/** A command sent to one instance through the Cloud Assistant. */
export interface Invocation {
  readonly id: string
  readonly commandId: string
  readonly instanceId: string
  status: 'Running' | 'Success' | 'Failed' | 'Aborted' | 'Timeout'
  exitCode?: number
  /** Base64, as it is answered. */
  output: string
  dropped: number
  errorCode: string
  errorInfo: string
  readonly startedAt: number
  finishedAt?: number
}

/** The answer that a ClientToken was given, so that asking again gets the same. */
interface TokenRecord {
  readonly digest: string
  readonly reply: Record<string, unknown>
  readonly at: number
}

export interface State {
  readonly version: 1
  /** Machines live in 127.a.b.0/24, drawn once, so that several sandboxes seldom meet. */
  readonly network: readonly [number, number]
  nextHost: number
  readonly instances: Record<string, Instance>
  readonly disks: Record<string, Disk>
  readonly snapshots: Record<string, Snapshot>
  readonly images: Record<string, Image>
  readonly securityGroups: Record<string, SecurityGroup>
  readonly invocations: Record<string, Invocation>
  readonly tokens: Record<string, TokenRecord>
}
