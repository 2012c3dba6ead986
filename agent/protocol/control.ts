/**
 * The control protocol: what the source agent and the receiver say to the bot, as JSON over HTTP(S).
 *
 * Both are machines: each makes an Ed25519 key pair on its first start and signs every request with it
 * (see `signing.ts`). A source agent becomes known by a one-time enrolment code, a receiver by the one-time
 * token that its UserData carries. Machines call the bot; the bot never calls them.
 *
 *   POST /api/agents/enrol          EnrolRequest         → EnrolReply        unsigned, proves itself by the code
 *   POST /api/agents/orders         OrdersRequest        → OrdersReply       signed; held open up to 25 s; the heartbeat
 *   POST /api/agents/reports        AgentReport          → ReportReply       signed; at least every 2 s while working
 *   POST /api/agents/tasks          TaskReport           → TaskReply         signed; see `tasks.ts`
 *   POST /api/receivers/register    RegisterRequest      → RegisterReply     unsigned, proves itself by the token
 *   POST /api/receivers/reports     ReceiverReport       → ReportReply       signed; a heartbeat at least every 5 s
 *   GET  /api/bundles/<name>/<sha256>                    → the file's bytes  bearer of an enrolment code or token
 *
 * Every message may be repeated: the bot answers a repetition as it answered the first.
 */
import { z } from 'zod'
import { TaskOrder } from './tasks.ts'

/** The port a receiver listens on, unless its configuration names another. */
export const RECEIVER_PORT = 8703

const id = z.string().min(1).max(64)
const count = z.number().int().nonnegative()
/** Lower-case hex of 32 bytes: a BLAKE3 digest, a SHA-256, a manifest's root. */
const digest = z.string().regex(/^[0-9a-f]{64}$/)
/** Base64 of a public key in SPKI DER form. */
const publicKey = z.string().max(1024)

/** A disk as the source sees it. `index` 0 is the system disk; the others follow in a stable order. */
export const SourceDisk = z.object({
  index: z.number().int().min(0).max(16),
  /** Where the agent reads it: `/dev/vda`, or the path of a raw image file. Never sent to the receiver. */
  path: z.string().max(4096),
  kind: z.enum(['block', 'file']),
  sizeBytes: count,
  /** What tells this disk from another one at the same path (serial, or inode for a file). */
  identity: z.string().max(256),
})
export type SourceDisk = z.infer<typeof SourceDisk>

export const SourceHost = z.object({
  hostname: z.string().max(255),
  /** `linux`; another is refused at enrolment. */
  os: z.string().max(64),
  /** `x64` or `arm64`, as Node names it. */
  arch: z.string().max(32),
  kernel: z.string().max(255),
  cores: count,
  memoryBytes: count,
  bootMode: z.enum(['BIOS', 'UEFI']),
  /** Of its network interfaces, loopback and link-local ones left out. */
  addresses: z.array(z.string().max(64)).max(64).default([]),
})
export type SourceHost = z.infer<typeof SourceHost>

export const EnrolRequest = z.object({
  code: z.string().max(128),
  publicKey,
  version: z.string().max(64),
  host: SourceHost,
  disks: z.array(SourceDisk).min(1).max(17),
})
export type EnrolRequest = z.infer<typeof EnrolRequest>

/** `ticketKey` is the public half of the key the bot signs tickets with. */
export const EnrolReply = z.object({ machine: id, source: z.string(), ticketKey: publicKey })
export type EnrolReply = z.infer<typeof EnrolReply>

/**
 * The agent tells its disks as they are now, which order it is working on, if any, and which tasks. An agent that
 * leaves `tasks` out is too old to know any.
 */
export const OrdersRequest = z.object({
  version: z.string().max(64),
  disks: z.array(SourceDisk).max(17),
  working: z.object({ sync: id, epoch: count }).nullable(),
  tasks: z.array(id).max(16).optional(),
})
export type OrdersRequest = z.infer<typeof OrdersRequest>

/** How blocks are sent: what may change while an order is carried out. */
export const SendSettings = z.object({
  compression: z.enum(['auto', 'on', 'off']),
  /** For all connections together; null: no limit. */
  bytesPerSecond: z.number().int().positive().nullable(),
})
export type SendSettings = z.infer<typeof SendSettings>

/**
 * What an agent is asked to do. An order is known by (sync, epoch): the same pair is the same order, and an
 * agent that already works on it, or has finished it, does nothing. An order with a higher epoch replaces the
 * one before: the agent stops that one first.
 */
export const SyncOrder = z.object({
  /** Compare and send. To compare only is a task (`tasks.ts`). */
  kind: z.literal('sync'),
  sync: id,
  epoch: count,
  /** A signed ticket (`ticket.ts`); the receiver and the agent act on nothing else. */
  ticket: z.string().max(16_384),
  receiver: z.object({ host: z.string().max(255), port: z.number().int().min(1).max(65_535) }).nullable(),
  /** The source's disks by index; anything else on the source is not read. */
  disks: z
    .array(z.object({ index: count, path: z.string(), identity: z.string(), sizeBytes: count }))
    .min(1)
    .max(17),
  connections: z.number().int().min(1).max(8),
  /** How long writes of the source may be held, so that all its disks are copied as of one instant; null: not at all. */
  holdMs: z.number().int().min(100).max(30_000).nullable().optional(),
  ...SendSettings.shape,
})
export type SyncOrder = z.infer<typeof SyncOrder>

/** A sync and a task are asked for side by side: neither waits for the other to be fetched. */
export const OrdersReply = z.object({ order: SyncOrder.nullable(), task: TaskOrder.optional() })
export type OrdersReply = z.infer<typeof OrdersReply>

/** A fault as a machine sees it; `code` is one of the codes in the fault catalogue, `detail` says where and why. */
export const MachineFault = z.object({ code: z.string().max(64), detail: z.string().max(2000) })
export type MachineFault = z.infer<typeof MachineFault>

/** Counters of one disk in one order; all only grow while the order runs. */
export const DiskProgress = z.object({
  index: count,
  /** What this order has to compare, as far as is known: all of the disk, or what was written since the last sync. */
  totalBytes: count,
  /** Read and compared with the manifest. */
  comparedBytes: count,
  /** Found to differ from the manifest, zero blocks included. */
  changedBytes: count,
  /** Of those, acknowledged by the receiver as durable. */
  appliedBytes: count,
  /** The manifest's root after this order; only in the final report. */
  root: digest.optional(),
})
export type DiskProgress = z.infer<typeof DiskProgress>

/**
 * What the copy is of. `consistent`: all disks at one instant, for which writes were held so many milliseconds.
 * `fuzzy`: blocks as they were at different times while the source was written to, and why.
 */
export const SyncInstant = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('consistent'), at: z.iso.datetime(), heldMs: count }),
  z.object({ kind: z.literal('fuzzy'), because: z.string().max(200) }),
])
export type SyncInstant = z.infer<typeof SyncInstant>

/**
 * `working`: moving. `done`: every disk is compared and every changed block is durable at the receiver.
 * `stopped`: ended at a safe point because the bot said so. `failed`: see `fault`.
 */
export const AgentReport = z.object({
  sync: id,
  epoch: count,
  status: z.enum(['working', 'done', 'stopped', 'failed']),
  phase: z.enum(['comparing', 'transferring']),
  disks: z.array(DiskProgress).max(17),
  /** Bytes written to the network, headers and compression included. */
  wireBytes: count,
  /** What bounds the sync right now. */
  limitedBy: z.enum(['disk', 'network', 'receiver', 'limit']),
  /** Whether this source had to compare every block, and why (`every block: the server was restarted`, …). */
  comparison: z.string().max(200),
  /** Only in the report of an order that is done; an older agent does not tell. */
  instant: SyncInstant.optional(),
  fault: MachineFault.optional(),
})
export type AgentReport = z.infer<typeof AgentReport>

/**
 * What the bot wants of the machine: `go on`; `stop` at the next safe point and report `stopped`
 * (the job is being paused or cancelled, or this epoch is over). A renewed ticket comes before the old one ends.
 * `send`: how the order is to be carried on from now; without it nothing changes.
 */
export const ReportReply = z.object({
  control: z.enum(['continue', 'stop']),
  ticket: z.string().optional(),
  send: SendSettings.optional(),
})
export type ReportReply = z.infer<typeof ReportReply>

export const RegisterRequest = z.object({
  token: z.string().max(128),
  /** Ed25519, signs this machine's requests. */
  publicKey,
  /** SHA-256 (hex) of the SPKI of the TLS key that this receiver serves with; agents pin it. */
  tlsPin: digest,
  port: z.number().int().min(1).max(65_535),
  version: z.string().max(64),
})
export type RegisterRequest = z.infer<typeof RegisterRequest>

export const RegisterReply = z.object({ machine: id, ticketKey: publicKey })
export type RegisterReply = z.infer<typeof RegisterReply>

/** What a check of a file system found. `ok` null: it could not be looked at, `detail` says why. */
export const DiskCheck = z.object({
  name: z.string().max(100),
  ok: z.boolean().nullable(),
  detail: z.string().max(2000),
})
export type DiskCheck = z.infer<typeof DiskCheck>

/**
 * `alive`: the heartbeat. `sealed`: the agent ended the sync; all its blocks are durable and these are the roots
 * of the manifests as this receiver knows them. `inspected`: (inspect mode) every byte of the disks was read, the
 * roots are those of what lies there, and the checks say what the file systems look like. `failed`: see `fault`.
 */
export const ReceiverReport = z.object({
  status: z.enum(['alive', 'sealed', 'inspected', 'failed']),
  sync: id.optional(),
  epoch: count.optional(),
  disks: z
    .array(z.object({ index: count, sizeBytes: count, root: digest, checks: z.array(DiskCheck).optional() }))
    .max(17)
    .optional(),
  /** Read so far, for the progress of an inspection. */
  readBytes: count.optional(),
  fault: MachineFault.optional(),
})
export type ReceiverReport = z.infer<typeof ReceiverReport>

/**
 * The receiver's configuration, written by UserData to `receiver.json` in the receiver's home.
 * `receive`: serve agents. `inspect`: read the disks whole, report `inspected`, end.
 */
export const ReceiverConfig = z.object({
  mode: z.enum(['receive', 'inspect']),
  /** Base URL of the bot as this machine reaches it. */
  server: z.string(),
  token: z.string(),
  port: z.number().int(),
  disks: z
    .array(
      z.object({
        index: count,
        /** Name under the device directory: `vdb`. */
        device: z.string().regex(/^[a-z0-9]+$/),
        /** Bytes of the source's disk; the device may be larger, what lies behind is never touched. */
        sizeBytes: count,
        /** A disk that the cloud promises to read as zeros; its manifest starts without reading it. */
        blank: z.boolean(),
      }),
    )
    .min(1)
    .max(17),
})
export type ReceiverConfig = z.infer<typeof ReceiverConfig>
