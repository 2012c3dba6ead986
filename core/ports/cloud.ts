/**
 * The cloud, as the engine needs it. One adapter per cloud implements it; all pass `tests/contracts/cloud.ts`.
 *
 * Every call may be repeated. A create call carries a `token`: asked again with the same token and the same request
 * it returns the first result, also when the first reply was lost. Read calls return `undefined` for what does not
 * exist; delete calls of what does not exist succeed. Transient trouble (throttling, a lost connection, a 5xx) is
 * retried inside the adapter; what remains is thrown as a `Fault` with a code of the catalogue, the cloud's own code
 * and its RequestId in the facts, and the SDK's error as `cause`.
 */

/** What Ferry tags everything with, so that it can be found again and never taken for somebody else's. */
export interface Tags {
  /** `ferry:managed` = `true` is added by the adapter to all of them. */
  readonly 'ferry:job': string
  readonly 'ferry:sync'?: string
  /** Which Ferry made it: several may work in one account, and none touches what another has made. */
  readonly 'ferry:installation'?: string
  /** The ledger's key of this resource: one resource has one key, for ever. */
  readonly 'ferry:key': string
}

export interface Instance {
  readonly id: string
  readonly name: string
  readonly status: 'Pending' | 'Starting' | 'Running' | 'Stopping' | 'Stopped'
  /** Where agents reach it: the public address if it has one, else the private. Empty until the cloud assigned it. */
  readonly address: string
  readonly privateAddress: string
  readonly imageId: string
  /** `ecs.g6.large` */
  readonly type: string
  readonly zone: string
  readonly tags: Readonly<Record<string, string>>
}

export interface Disk {
  readonly id: string
  readonly instanceId: string | undefined
  /** As the cloud names it: `/dev/xvda` is the system disk, `/dev/xvdb` the first data disk. */
  readonly device: string
  readonly role: 'system' | 'data'
  readonly sizeGiB: number
  /** `cloud_essd` */
  readonly category: string
  readonly status: string
  readonly deleteWithInstance: boolean
}

export interface Snapshot {
  readonly id: string
  readonly diskId: string
  readonly status: 'progressing' | 'accomplished' | 'failed'
  /** 0 to 100. */
  readonly percent: number
  /** Of the disk; what the snapshot is billed for is at most that. */
  readonly sizeGiB: number
  readonly tags: Readonly<Record<string, string>>
}

export interface CloudImage {
  readonly id: string
  readonly name: string
  readonly status: 'Waiting' | 'Creating' | 'Available' | 'UnAvailable' | 'CreateFailed' | 'Deprecated'
  readonly percent: number
  readonly inUse: boolean
  readonly snapshotIds: readonly string[]
  readonly architecture: NewImage['architecture']
  readonly bootMode: NewImage['bootMode']
  readonly tags: Readonly<Record<string, string>>
}

export interface NewInstance {
  readonly token: string
  readonly name: string
  readonly imageId: string
  /** Tried in order when one is sold out; each try has a token of its own, derived from `token`. */
  readonly instanceTypes: readonly string[]
  readonly zone: string
  readonly vSwitch: string
  readonly securityGroup: string
  readonly publicAddress: boolean
  readonly systemDiskGiB: number
  readonly dataDisks: readonly { readonly sizeGiB: number; readonly snapshotId?: string }[]
  /** Plain text; the adapter encodes it. */
  readonly userData?: string
  /** The cloud releases it by itself then: a guard against leaks. At least 30 minutes ahead. */
  readonly releaseAt?: Date
  readonly tags: Tags
}

export interface NewDisk {
  readonly token: string
  readonly name: string
  readonly zone: string
  readonly sizeGiB: number
  readonly snapshotId: string
  readonly tags: Tags
}

export interface NewImage {
  readonly token: string
  /** 2 to 128 characters, a letter first, unique per region. */
  readonly name: string
  readonly description: string
  readonly architecture: 'x86_64' | 'arm64'
  readonly bootMode: 'BIOS' | 'UEFI'
  /** In disk order: the first is the system disk's. */
  readonly snapshots: readonly { readonly id: string; readonly sizeGiB: number }[]
  readonly tags: Tags
}

/** How a command in an instance ended. */
export interface CommandResult {
  /** `exited`: with `exitCode`. `timeout`: it took too long and was ended. `not run`: `detail` says why. */
  readonly end: 'exited' | 'timeout' | 'not run'
  readonly exitCode: number | null
  /** What it wrote, both streams, cut by the cloud after 24 KiB. */
  readonly output: string
  /** The cloud's own words. */
  readonly detail: string
}

/** Anything billable that carries `ferry:managed`. */
export interface TaggedResource {
  readonly kind: 'instance' | 'disk' | 'snapshot' | 'image'
  readonly id: string
  readonly tags: Readonly<Record<string, string>>
  /** Of a disk that is attached. */
  readonly instanceId?: string
}

/** Something whose price can be asked for. */
export type Priceable =
  | {
      readonly kind: 'instance'
      readonly type: string
      readonly zone: string
      /** The system disk first. */
      readonly disks: readonly Pick<Disk, 'category' | 'sizeGiB'>[]
    }
  | { readonly kind: 'disk'; readonly category: string; readonly sizeGiB: number }

export interface Price {
  readonly perHour: number
  /** `CNY` */
  readonly currency: string
}

export interface Cloud {
  /** Creates and starts an instance. Faults: NO_STOCK, QUOTA_INSTANCES, BALANCE, FORBIDDEN, … */
  createInstance(request: NewInstance): Promise<string>
  instance(id: string): Promise<Instance | undefined>
  instancesTagged(tags: Partial<Tags>): Promise<readonly Instance[]>
  /** Asks; returns before it has happened. A stopped instance is started, a running one restarted. */
  restartInstance(id: string): Promise<void>
  /** Stops if need be, then deletes it with the disks that came with it. Returns when the cloud has accepted it. */
  deleteInstance(id: string): Promise<void>
  /** Whether the Cloud Assistant inside the instance answers: the sign that its system has booted. */
  assistantAnswers(instanceId: string): Promise<boolean>
  /**
   * Sends a shell script to the Cloud Assistant of a running instance, to be run as root within `timeoutMs`; returns
   * the invocation's id at once. An assistant that is not there shows in the result.
   */
  runCommand(request: {
    readonly token: string
    readonly instanceId: string
    readonly script: string
    readonly timeoutMs: number
  }): Promise<string>
  /** Undefined while the command runs. */
  commandResult(request: {
    readonly invocationId: string
    readonly instanceId: string
  }): Promise<CommandResult | undefined>
  /** The end of what the instance wrote to its serial console; empty when that cannot be read. */
  consoleOutput(instanceId: string): Promise<string>
  /**
   * A security group for test instances, made if there is none with this key, in the network of the group `besides`:
   * nobody reaches them, and they reach the cloud's own services only; with `outward` also what lies outside private
   * networks. Costs nothing and stays.
   */
  isolatedGroup(request: {
    readonly key: string
    readonly besides: string
    readonly outward: boolean
  }): Promise<string>
  /** Asks a running instance to stop; a stopped one stays stopped. Returns before it has happened. */
  stopInstance(id: string): Promise<void>
  disksOf(instanceId: string): Promise<readonly Disk[]>
  disk(id: string): Promise<Disk | undefined>
  /** Makes a data disk of a snapshot; it is attached to nothing. Faults: QUOTA_DISKS, … */
  createDisk(request: NewDisk): Promise<string>
  /**
   * Asks; the disk goes with the instance from then on unless told otherwise. `device`: the next free one if left out.
   * One that is attached there already stays so.
   */
  attachDisk(request: {
    readonly diskId: string
    readonly instanceId: string
    readonly device?: string
    readonly deleteWithInstance?: boolean
  }): Promise<void>
  /** Asks; a disk that is attached nowhere stays so. A system disk comes off a stopped instance only. */
  detachDisk(request: { readonly diskId: string; readonly instanceId: string }): Promise<void>
  deleteDisk(id: string): Promise<void>
  /**
   * Gives a stopped instance a new system disk of an image that has no other disks. The old one is gone then, its
   * snapshots stay. Returns when the cloud has accepted it; it is done when the new disk is In_use.
   */
  replaceSystemDisk(request: {
    readonly token: string
    readonly instanceId: string
    readonly imageId: string
    readonly sizeGiB: number
  }): Promise<void>
  /** Adds tags to what exists, or takes them off; both as they are given, `ferry:managed` not added. */
  tag(resource: Pick<TaggedResource, 'kind' | 'id'>, tags: Readonly<Record<string, string>>): Promise<void>
  untag(resource: Pick<TaggedResource, 'kind' | 'id'>, names: readonly string[]): Promise<void>
  /** Begins a snapshot of a disk as it is now. One at a time per disk. */
  createSnapshot(request: { token: string; diskId: string; name: string; tags: Tags }): Promise<string>
  snapshot(id: string): Promise<Snapshot | undefined>
  snapshotsTagged(tags: Partial<Tags>): Promise<readonly Snapshot[]>
  /** Refused (Fault SNAPSHOT_IN_USE) while an image is made of it. */
  deleteSnapshot(id: string): Promise<void>
  /**
   * Begins an image from snapshots. Faults: IMAGE_NAME_TAKEN, QUOTA_IMAGES, and IMAGE_FROM_DATA_DISK_REFUSED where
   * the account may not make a system disk of a data disk's snapshot.
   */
  createImage(request: NewImage): Promise<string>
  image(id: string): Promise<CloudImage | undefined>
  imagesTagged(tags: Partial<Tags>): Promise<readonly CloudImage[]>
  /** Never forced: Fault IMAGE_IN_USE when an instance was made of it. Its snapshots stay. */
  deleteImage(id: string): Promise<void>
  /** What it costs while it exists, paid by the hour; undefined when the cloud names no price. Traffic is not in it. */
  price(of: Priceable): Promise<Price | undefined>
  /** Which of these types can be bought in the zone at this moment. Makes nothing. */
  stock(
    zone: string,
    instanceTypes: readonly string[],
  ): Promise<readonly { readonly type: string; readonly isAvailable: boolean }[]>
  /** Whether `createInstance` would work: nothing is made; its faults are thrown. */
  tryInstance(request: NewInstance): Promise<void>
  /** Whether images may be made at all: permission and quota. Nothing is made; the faults of `createImage` are thrown. */
  tryImage(name: string): Promise<void>
  /** Everything with our tags, whichever installation made it. */
  inventory(): Promise<readonly TaggedResource[]>
}
