/** A cutover from beginning to end, as two operators drive it, with a failure in the middle. */
import type { Reply } from '../../core/commands/reply.ts'
import { formatBytes } from '../../core/domain/bytes.ts'
import { faultEntry } from '../../core/domain/faults.ts'
import { buildServerDisks, changeServerDisks } from '../../sandbox/server-disk.ts'
import type { ServerDisks } from '../../sandbox/server-disk.ts'
import { until } from './ask.ts'
import { act, answers, asks, detail, happens } from './narrator.ts'
import { differingBytes, sha256 } from './proof.ts'
import type { Stage } from './stage.ts'
import { snapshotFile } from '../../sandbox/ecs/bytes.ts'

const JOB = 'web-01'

/** What the story claims at its end; the demo's exit status is made of it. */
export interface Outcome {
  readonly claims: readonly { readonly claim: string; readonly isTrue: boolean }[]
}

/** Builds the demo server. */
export function buildServer(directory: string): ServerDisks {
  act('A server to migrate')
  const disks = buildServerDisks({ directory, seed: 'a quiet night in November' })
  const { system, data } = disks
  happens(
    system.content === 'ext4'
      ? `its system disk: ${formatBytes(system.sizeBytes)}, a partition table and an ext4 with ${system.files} files`
      : `its system disk: ${formatBytes(system.sizeBytes)}, patterned data (mke2fs is not installed here)`,
  )
  happens(`its data disk: ${formatBytes(data.sizeBytes)}, database pages with holes between them`)
  return disks
}

/** Plays the cutover. Throws when something does not happen that must. */
export async function play(stage: Stage, disks: ServerDisks): Promise<Outcome> {
  const paths = [disks.system.path, disks.data.path]
  const say = talker(stage)

  act('Enrol the source and create the job')
  const enrolled = await say('alice', `enrol ${JOB}`)
  happens('on the source, its operator runs the command that was printed')
  stage.startAgent(String(enrolled.data?.['code']), paths)
  await until('the agent', () => stage.ask('alice', 'sources'), agentIsOnline)
  await say('alice', `create ${JOB} target=image every=6h keep=3 auto=on`, ['Interval', 'Images'])

  act('Full sync, while the server keeps serving')
  await say('alice', `start ${JOB}`)
  const full = await waitFor(stage, 'waiting')
  tellSync(full)

  act('The server changes; an incremental sync sends only that')
  changeServerDisks(disks, { round: 1, systemKiB: 2048, dataKiB: 4096 })
  happens('a new release is deployed and the database writes some pages')
  await say('alice', `sync ${JOB}`)
  tellSync(await waitFor(stage, 'waiting', 2))
  await say('alice', `interval ${JOB} 2h`, ['Interval'])

  act('The receiver dies in mid-transfer')
  const before = await stage.ask('alice', `status ${JOB}`)
  changeServerDisks(disks, { round: 2, systemKiB: 49_152, dataKiB: 16_384 })
  const toSend = await changedSince(stage, disks, String(before.data?.['imageId']))
  happens(
    `a large deployment: ${formatBytes(toSend)} of blocks differ now; the office line must not be filled`,
  )
  await say('alice', `limit ${JOB} 200mbit`, ['Limit'])
  await say('alice', `sync ${JOB}`)
  const durable = await killInMidTransfer(stage, toSend)
  await waitFor(stage, 'error')
  const cause = await say('alice', `troubleshoot ${JOB}`, [
    'Code',
    'What happened',
    'What to do',
    'Will retry help',
  ])
  await say('alice', `limit ${JOB} off`)
  await say('alice', `retry ${JOB}`)
  tellSync(await waitFor(stage, 'waiting', 3))
  const history = await stage.ask('alice', `history ${JOB}`)
  const syncs = history.data?.['syncs'] as { sync: number; changedBytes: number }[]
  const resent = syncs.find(({ sync }) => sync === 3)?.changedBytes ?? Infinity
  happens(
    `${formatBytes(durable)} were durable when it died; the retry sent the other ${formatBytes(resent)} of ${formatBytes(toSend)}`,
  )

  act('Cutover: the services are stopped, the last sync needs a second person')
  changeServerDisks(disks, { round: 3, systemKiB: 512, dataKiB: 1024 })
  happens('the last writes reach the disks, then the services are stopped')
  const asked = await say('alice', `complete ${JOB} --last-sync --services-stopped`, [
    'Needed from others',
    'Last sync',
  ])
  const own = await say('alice', `approve ${String(asked.data?.['approval'])}`)
  await say('bob', `approve ${String(asked.data?.['approval'])}`)
  const completed = await waitFor(stage, 'completed', 4)
  tellSync(completed)
  answers('done', completed.title, pick(completed, ['Images', 'Intermediate']))
  const after = await say('alice', `sync ${JOB}`)

  act('Verify the image')
  await say('alice', `verify ${JOB}`, ['What is checked'])
  const verification = await until(
    'the verification',
    () => lastVerification(stage),
    (last) => last?.verdict != null,
  )
  answers(
    'done',
    `${verification?.verdict ?? ''}${verification?.cause == null ? '' : `: ${verification.cause}`}`,
  )
  for (const check of verification?.checks ?? [])
    detail(`${check.ok === null ? '?' : check.ok ? '✓' : '✗'} ${check.name}: ${check.detail}`)
  if (verification?.cause === 'NOT_BOOTED') detail(faultEntry('NOT_BOOTED').cause)

  act('What is left in the cloud')
  const left = await say('alice', 'resources')
  const kinds = (left.data?.['resources'] as { kind: string }[]).map(({ kind }) => kind)
  for (const kind of new Set(kinds)) detail(`${kinds.filter((other) => other === kind).length} × ${kind}`)
  const audit = await say('alice', 'audit verify')

  act('Proof: SHA-256 of the source’s disks and of the image’s bytes, read here and now')
  const isSame = await prove(stage, disks, String(completed.data?.['imageId']))
  const bytes = verification?.checks.filter(({ name }) => name.startsWith('bytes of disk')) ?? []
  return {
    claims: [
      { claim: 'the image holds the source’s bytes', isTrue: isSame },
      { claim: 'the job is Completed and refuses another sync', isTrue: after.outcome === 'refused' },
      { claim: 'the requester could not approve their own request', isTrue: own.outcome === 'refused' },
      {
        claim: 'the failure was named RECEIVER_UNREACHABLE',
        isTrue: cause.data?.['code'] === 'RECEIVER_UNREACHABLE',
      },
      { claim: 'the retry sent no more than what was missing', isTrue: resent <= toSend - durable },
      {
        claim: 'the verification read the synced bytes from the image',
        isTrue: bytes.length === 2 && bytes.every(({ ok }) => ok === true),
      },
      {
        claim: 'no instance and no disk is left',
        isTrue: !kinds.includes('instance') && !kinds.includes('disk'),
      },
      { claim: 'the audit is whole', isTrue: audit.code === 'audit-intact' },
    ],
  }
}

function talker(stage: Stage) {
  return async (person: 'alice' | 'bob', text: string, facts: readonly string[] = []): Promise<Reply> => {
    asks(person, text)
    const reply = await stage.ask(person, text)
    answers(reply.outcome, reply.title, pick(reply, facts))
    return reply
  }
}

function pick(reply: Reply, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (reply.facts[name] === undefined ? [] : [[name, reply.facts[name]]])),
  )
}

function agentIsOnline(reply: Reply): boolean {
  return (reply.data?.['sources'] as { enrolled: boolean }[]).some(({ enrolled }) => enrolled)
}

/** Waits until the job is in a state, after the sync of this number has ended if one is given. */
async function waitFor(stage: Stage, state: string, afterSync = 1): Promise<Reply> {
  return until(
    `${JOB} in ${state}`,
    () => stage.ask('alice', `status ${JOB}`),
    ({ data }) => {
      if (data?.['state'] === 'error' && state !== 'error')
        throw new Error(`unexpected fault ${JSON.stringify(data['fault'])}`)
      return data?.['state'] === state && (state === 'error' || Number(data['sync']) >= afterSync)
    },
  )
}

function tellSync(reply: Reply): void {
  answers('done', reply.facts['Last sync'] ?? '', { 'Next sync': reply.facts['Next sync'] ?? '' })
}

/** The bytes in blocks that differ from an image: what the next sync has to send, found without Ferry's manifests. */
async function changedSince(stage: Stage, disks: ServerDisks, imageId: string): Promise<number> {
  const image = await stage.cloud().image(imageId)
  return [disks.system, disks.data]
    .map(({ path, sizeBytes }, index) =>
      differingBytes(path, snapshotFile(stage.sandboxHome, image?.snapshotIds[index] ?? ''), sizeBytes),
    )
    .reduce((sum, bytes) => sum + bytes, 0)
}

/** Kills the receiver half-way. Returns the bytes that were acknowledged as durable, at least. */
async function killInMidTransfer(stage: Stage, toSend: number): Promise<number> {
  const moving = await until(
    'a transfer in progress',
    () => stage.ask('alice', `status ${JOB}`),
    ({ progress }) => progress !== undefined && progress.appliedBytes > toSend * 0.4,
  )
  const left = await stage.ask('alice', 'resources')
  const instance = (left.data?.['resources'] as { kind: string; id: string }[]).find(
    ({ kind }) => kind === 'instance',
  )
  await stage.killMachine(instance?.id ?? '')
  happens(`the receiver’s process on ${instance?.id ?? '?'} is killed (SIGKILL)`)
  return moving.progress?.appliedBytes ?? 0
}

interface Verification {
  readonly verdict: string | null
  readonly cause: string | null
  readonly checks: readonly { readonly name: string; readonly ok: boolean | null; readonly detail: string }[]
}

async function lastVerification(stage: Stage): Promise<Verification | undefined> {
  const records = await stage.ask('alice', `verify ${JOB} --records`)
  return (records.data?.['verifications'] as Verification[]).at(-1)
}

async function prove(stage: Stage, disks: ServerDisks, imageId: string): Promise<boolean> {
  const image = await stage.cloud().image(imageId)
  let isSame = image !== undefined
  for (const [index, disk] of [disks.system, disks.data].entries()) {
    const source = await sha256(disk.path, disk.sizeBytes)
    const copy = await sha256(
      snapshotFile(stage.sandboxHome, image?.snapshotIds[index] ?? ''),
      disk.sizeBytes,
    )
    happens(`disk ${index}  source ${source}`)
    happens(`        image  ${copy}  ${source === copy ? 'equal' : 'DIFFERENT'}`)
    isSame &&= source === copy
  }
  return isSame
}
