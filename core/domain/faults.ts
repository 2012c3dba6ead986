/**
 * The fault catalogue: every coded problem that Ferry knows, told once. Replies, `troubleshoot`, `retry`, logs and
 * docs/faults.md read it. Adapters translate what they meet into these codes at the edge.
 */
import { CLOUD_FAULTS } from './cloud-faults.ts'
import type { FaultEntry } from './fault-entry.ts'
import { entry } from './fault-entry.ts'
import { OWN_FAULTS } from './own-faults.ts'

export const FAULTS = {
  ...OWN_FAULTS,
  ...CLOUD_FAULTS,
  // The source and its agent.
  AGENT_OFFLINE: entry(
    'The source agent does not answer',
    'The agent on the source has stopped, or the source cannot reach the bot.',
    'On the source, start the agent again (`node ferry-agent.mjs`), check that it reaches the bot, then <again>.',
    'source',
    { unattended: true },
  ),
  SOURCE_DISK_READ: entry(
    'A block of the source disk cannot be read',
    'The disk reports a read error.',
    'Check the disk on the source (`dmesg`, `smartctl -a`), mend or replace it, then <again>.',
    'source',
  ),
  SOURCE_DISK_GONE: entry(
    'A disk of the source is gone',
    'The disk was unplugged, detached or renamed.',
    'Attach the disk again under the same name, then <again>.',
    'source',
  ),
  DISK_CHANGED: entry(
    'A disk of the source is not the one that was enrolled',
    'The disk was resized or replaced since the job was created.',
    'A resized or replaced disk needs a job of its own: `clear <job>`, then create it again.',
    'operator',
    { retryable: false },
  ),
  WRITE_UNSEEN: entry(
    'A block of the source changed without a record of a write',
    'Something writes to the disk past the kernel’s block layer (a disk shared with another server, a raw command), or the record of writes is not complete.',
    'The sync that says so has compared every block; images of before may lack the write. If it comes again, see docs/tracking.md and run the agent with FERRY_TRACKING=off.',
    'source',
    { retryable: false },
  ),
  SOURCE_BUSY: entry(
    'The source is busy with a sync',
    'A sync reads the disks of the source at this moment; a measurement beside it would slow it down and tell too little.',
    'Ask again when the sync has ended; `status <job>` says how far it is.',
    'operator',
  ),
  TASK_TIMEOUT: entry(
    'The source agent did not finish in time',
    'It still works or reports, but what it was asked for took longer than it may.',
    'Check the load of the source, then ask again.',
    'source',
  ),
  // The receiver and the way to it.
  RECEIVER_UNREACHABLE: entry(
    'The receiver on the intermediate does not answer',
    'The receiver has stopped, the intermediate was restarted, or the way to its port 8703 is blocked.',
    '`retry <job>` restarts the intermediate if its receiver is silent and goes on from the blocks it holds. If it comes back: allow TCP 8703 from the source to the intermediate.',
    'operator',
    { unattended: true },
  ),
  RECEIVER_NOT_STARTED: entry(
    'The intermediate runs but its receiver has not reported',
    'The intermediate cannot reach the bot, or its first start failed.',
    'Check that the intermediate can reach the public address of the bot (FERRY_PUBLIC_URL), look at its console in the cloud, then <again>.',
    'operator',
    { unattended: true },
  ),
  RECEIVER_DISK_FULL: entry(
    'The disk of the intermediate is full',
    'The storage under the intermediate has no space left.',
    'Free space or enlarge the storage, then <again>; blocks already applied are kept.',
    'operator',
  ),
  RECEIVER_IO: entry(
    'The intermediate cannot write its disk',
    'Its storage reported an error; what was being written is unknown and will be compared again.',
    '`retry <job>`. If it comes back: `clear <job>` and create it again, so that it gets other disks.',
    'cloud',
  ),
  PROTOCOL: entry(
    'Agent and receiver do not understand each other',
    'One of them is of another version, or something between them changes the data.',
    'Bring the agent on the source to the version that the bot serves (`enrol` with the source’s name prints the commands), then <again>.',
    'operator',
  ),
  TICKET_REFUSED: entry(
    'The receiver refused the ticket of this sync',
    'The ticket has expired or belongs to another receiver; a clock that is wrong by minutes does that.',
    'Set the clocks (NTP) of the source and the intermediate, then <again>.',
    'source',
  ),
  ROOTS_DIFFER: entry(
    'Source and intermediate do not hold the same bytes after the sync',
    'The manifest roots of both sides differ; no image was made of it.',
    '`retry <job>` compares every block again.',
    'ferry',
    { transient: true },
  ),
  NOT_MOVING: entry(
    'The sync has stopped moving',
    'The agent is connected but no byte has moved for minutes.',
    'Check the load of the source and the network between source and intermediate, then <again>.',
    'source',
    { unattended: true },
  ),
  // The intermediate.
  INTERMEDIATE_RELEASED: entry(
    'The intermediate was released: create another migration job',
    'Somebody or something deleted the instance in the cloud; the blocks on its disks are gone, so this job cannot resume.',
    '`clone <job> <job>b` starts another job from the last image, so that only later changes are sent. Without an image, `clear <job>` and create it again.',
    'operator',
    { retryable: false },
  ),
  // The destination.
  DESTINATION_UNFIT: entry(
    'The destination instance cannot take the disks',
    'It is gone, in another zone, too small, in mid-change, or held by another job; the detail says which.',
    'Mend what the detail says and <again>. Another instance needs another job: `clear <job>`, then `create <job> target=instance instance=i-…`.',
    'operator',
  ),
  DESTINATION_TAKEN_BACK: entry(
    'The old disks of the destination are being put back',
    'Somebody has asked for the way back; until it ends the disks are not replaced.',
    'Wait until `status <job>` says that it has ended, then `retry <job>` to replace the disks again.',
    'operator',
  ),
  // The cloud's refusals.
  NO_STOCK: entry(
    'The instance type is sold out in the zone',
    'The cloud has none left of the types that were asked for.',
    'Wait and <again>, or name other types (cloud.instance_types in ferry.yaml) and <again>.',
    'cloud-account',
  ),
  QUOTA_INSTANCES: entry(
    'The account may not create more instances',
    'A quota for instances or vCPUs is used up.',
    'Raise the quota or release instances, then <again>.',
    'cloud-account',
  ),
  QUOTA_IMAGES: entry(
    'The account may not hold more images',
    'The quota for images is used up.',
    'Delete unused images, let jobs keep fewer (`keep <job> 2`), or raise the quota, then <again>; no block is sent again.',
    'cloud-account',
  ),
  QUOTA_SNAPSHOTS: entry(
    'The disk may not have more snapshots',
    'The quota for snapshots is used up.',
    'Delete unused snapshots or raise the quota, then <again>.',
    'cloud-account',
  ),
  BALANCE: entry(
    'The account cannot pay for it',
    'The balance is too low for pay-as-you-go resources, or a bill is overdue.',
    'Add funds to the account, then <again>.',
    'cloud-account',
  ),
  FORBIDDEN: entry(
    'The cloud account lacks a permission',
    'The access key may not do this; the detail names the action.',
    'Grant the action to the key’s user or role (docs/cloud.md lists them all), then <again>.',
    'cloud-account',
  ),
  CREDENTIALS: entry(
    'The cloud does not accept the access key',
    'The key is wrong, deleted, or the clock of the bot is wrong by more than 15 minutes.',
    'Check ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET and the bot’s clock, restart the bot, then <again>.',
    'operator',
  ),
  QUOTA_DISKS: entry(
    'The account may not create more disks',
    'A quota for disks, or for disks of one instance, is used up.',
    'Raise the quota or delete unused disks, then <again>.',
    'cloud-account',
  ),
  SNAPSHOTS_NOT_ACTIVATED: entry(
    'The account has not activated snapshots',
    'The snapshot service of the cloud is off for this account.',
    'Activate ECS Snapshot in the cloud’s console, then <again>; no block is sent again.',
    'cloud-account',
  ),
  ACCOUNT_NOT_VERIFIED: entry(
    'The cloud account is not verified',
    'The cloud sells nothing to an account without real-name verification.',
    'Verify the account in the cloud’s console, then <again>.',
    'cloud-account',
  ),
  CLOUD_NETWORK: entry(
    'The vSwitch or the security group does not fit',
    'One of them does not exist in the region, or they belong to different networks or another zone.',
    'Mend cloud.vswitch and cloud.security_group in ferry.yaml, have the bot read it again (SIGHUP), then <again>.',
    'operator',
  ),
  IMAGE_NAME_TAKEN: entry(
    'An image of this name exists already',
    'Another image in the region has the name.',
    'Rename or delete the other image, then <again>.',
    'cloud-account',
  ),
  IMAGE_FROM_DATA_DISK_REFUSED: entry(
    'The account may not make an image of a data disk’s snapshot',
    'The cloud allows that to some accounts only (UserNotInTheWhiteList).',
    'Ferry moves the copy to a system disk by itself, which needs no such permission. If you see this, the cloud refused that too: ask its support to allow the account, then <again>; no block is sent again.',
    'cloud-account',
  ),
  IMAGE_FAILED: entry(
    'The cloud could not make the image',
    'The image or one of its snapshots ended as failed.',
    '`retry <job>` makes it again without sending blocks.',
    'cloud',
  ),
  IMAGE_IN_USE: entry(
    'An instance uses the image',
    'The cloud does not delete an image while an instance was made of it.',
    'Release the instance first.',
    'operator',
  ),
  SNAPSHOT_IN_USE: entry(
    'An image uses the snapshot',
    'The cloud does not delete a snapshot while an image is made of it.',
    'Delete the image first.',
    'ferry',
    { transient: true },
  ),
  CLOUD_BUSY: entry(
    'The cloud is throttling or failing',
    'Calls were throttled or failed on the cloud’s side.',
    'Ferry tries again by itself; if it lasts, see the cloud’s status page, then <again>.',
    'ferry',
    { transient: true },
  ),
  CLOUD_WAIT: entry(
    'A resource in the cloud is in mid-change',
    'It is being started, stopped, attached or copied.',
    'Ferry waits and tries again by itself.',
    'ferry',
    { transient: true },
  ),
  CLOUD_REFUSED: entry(
    'The cloud refused a call',
    'The detail carries the cloud’s own code and RequestId.',
    'Mend what the code says, then <again>; with the RequestId the cloud’s support can look it up.',
    'cloud-account',
  ),
  RELEASE_FAILED: entry(
    'A resource could not be released',
    'The cloud refuses to delete it; it keeps costing money.',
    'See `resources <job>`, delete it in the cloud, then <again>.',
    'cloud-account',
  ),
  // Verification.
  NOT_BOOTED: entry(
    'The test instance has not booted',
    'The Cloud Assistant in the image did not answer in time: the system does not come up, it carries no Cloud Assistant, or this cloud cannot boot (the local cloud without QEMU).',
    'Read the end of the instance’s console in `verify <job> --records`. If the system came up: install the Cloud Assistant on the source (for the local cloud: qemu-guest-agent) and `sync <job>`. If not: mend the boot on the source and `sync <job>`; `launch <job>` gives an instance to look at.',
    'source',
  ),
  DISKS_NOT_MOUNTED: entry(
    'Not all file systems of fstab are mounted in the test instance',
    'fstab names a disk that the image does not hold, or by a name that is another one in the cloud.',
    'Name disks by UUID in /etc/fstab of the source, `sync <job>` and verify again.',
    'source',
  ),
  NO_NETWORK: entry(
    'The test instance has no network',
    'Its system did not configure its network card, or what was asked does not answer.',
    'Let the source take its address by DHCP on any card, `sync <job>` and verify again. For the public network: the vSwitch needs a way out.',
    'source',
  ),
  CHECK_FAILED: entry(
    'The own command failed in the test instance',
    'It ended with another exit code than 0, or took too long; its output is in the record.',
    'See `verify <job> --records`; mend the source and `sync <job>`, or mend the command.',
    'source',
  ),
  BYTES_DIFFER: entry(
    'The image does not hold the bytes that were synced',
    'The root read from the image’s disks differs from the manifest’s root of the sync.',
    'Do not use the image: `sync <job>` and verify again; tell the cloud’s support.',
    'cloud',
  ),
  // Ferry itself.
  INTERNAL: entry(
    'Ferry met a problem it does not know',
    'A bug, or something that nobody thought of; it is in the log under the reference.',
    '<again>; if it comes back, report it with the reference.',
    'ferry',
    { transient: true },
  ),
} as const satisfies Record<string, FaultEntry>

export type FaultCode = keyof typeof FAULTS

/** The entry of a code that came from outside; an unknown code reads as INTERNAL. */
export function faultEntry(code: string): FaultEntry {
  return code in FAULTS ? FAULTS[code as FaultCode] : FAULTS.INTERNAL
}

/** A coded problem on its way to the engine, which turns it into another try or the job's Error. */
export class Fault extends Error {
  override name = 'Fault'
  readonly code: FaultCode
  /** `code` of the cloud, RequestId, step, disk: whatever helps. */
  readonly facts: Readonly<Record<string, string | number>>

  constructor(code: FaultCode, detail: string, facts: Record<string, string | number> = {}, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause })
    this.code = code
    this.facts = facts
  }
}

/**
 * What to do about a fault of a job, in sentences with commands to copy. `again`: the command that asks once more for
 * what has failed; for a job in Error that is `retry`.
 */
export function remedyOf({ remedy }: FaultEntry, job: string, again = `retry ${job}`): string {
  return remedy.replaceAll('<again>', `\`${again}\``).replaceAll('<job>', job)
}

/** `detail (cloud code X, RequestId Y)`: what operators read. */
export function faultDetail(fault: Fault): string {
  const facts = Object.entries(fault.facts).map(([name, value]) => `${name} ${value}`)
  return facts.length === 0 ? fault.message : `${fault.message} (${facts.join(', ')})`
}
