/**
 * Syncing: one sync from its first compared block to its Available image. Scheduled, manual and workflow syncs are
 * carried out here alike; only the asker differs.
 *
 *   the receiver answers → blocks transferred, roots equal → image Available → surplus images deleted → Waiting
 *
 * What has been reached is in the store: `transferredAt`, the ledger's snapshots and image, the image's row. Run again
 * after a crash, the process skips what stands.
 */
import { formatBytes } from '../domain/bytes.ts'
import { growingChanges } from '../domain/converging.ts'
import { Fault, FAULTS, remedyOf } from '../domain/faults.ts'
import type { Image, Job, Sync } from '../domain/job.ts'
import { afterSync } from '../domain/schedule.ts'
import type { Notice } from '../ports/notices.ts'
import type { Intermediate } from '../ports/machines.ts'
import { moveToCarrier } from './carrier.ts'
import { foretell } from './foretell.ts'
import { readyIntermediate } from './intermediate.ts'
import { makeImage } from './make-image.ts'
import { retain, tellOverflow } from './retain.ts'
import { transfer } from './transfer.ts'
import type { JobWork } from './work.ts'
import { EpochOver } from './work.ts'

export async function runSync(work: JobWork): Promise<void> {
  const { clock } = work.parts
  const sync = await runningSync(work)
  await foretell(work, sync)
  const intermediate = await readyIntermediate(work)
  if (sync.transferredAt === null) await transfer(work, sync)
  const image = await makeImageOrMove(work, sync, intermediate)
  const { overflow } = await retain(work.parts, work.job)
  if (overflow > 0) await tellOverflow(work.parts, work.job, overflow)
  const isLast = isLastSync(work.job, sync)
  const warnings = await divergence(work, sync)
  const end = clock.now()
  await work.tell(isLast ? 'finished' : 'synced', (job) => ({
    set: isLast ? { completing: true, nextSyncAt: null } : afterSync(job, end),
    endSync: { result: 'ok' },
    facts: { sync: sync.number, image: image.cloudId },
    notices: [
      {
        severity: 'info',
        shownBy: 'sync',
        title: `${job.name}: sync #${sync.number} has ended, image ${image.cloudId} is Available`,
        facts: { Image: image.name },
      },
      ...(isLast ? [] : warnings),
    ],
  }))
}

/** Said once, with the sync from which on the migration does not converge: before the window, not in it. */
async function divergence({ parts, job }: JobWork, sync: Sync): Promise<readonly Notice[]> {
  const history = await parts.store.syncs.list(job.id, 20)
  const before = history.filter(({ number }) => number < sync.number)
  const now = history.find(({ id }) => id === sync.id)
  if (now === undefined || growingChanges(before) !== undefined) return []
  const changes = growingChanges([{ ...now, result: 'ok' }, ...before])
  if (changes === undefined) return []
  const entry = FAULTS.NOT_CONVERGING
  return [
    {
      severity: 'warning',
      title: `${job.name}: ${entry.title}: ${changes.map(formatBytes).join(', ')} changed in the last ${changes.length} syncs`,
      facts: { 'Probable cause': entry.cause, 'What to do': remedyOf(entry, job.name) },
    },
  ]
}

/** When the cloud refuses the disks of this intermediate, the sync begins anew on another one. */
async function makeImageOrMove(work: JobWork, sync: Sync, intermediate: Intermediate): Promise<Image> {
  try {
    return await makeImage(work, sync, intermediate)
  } catch (error) {
    const isRefused = error instanceof Fault && error.code === 'IMAGE_FROM_DATA_DISK_REFUSED'
    if (!isRefused || intermediate.carrier) throw error
    await moveToCarrier(work, sync)
    // An agent knows an order by sync and epoch, and has done this one.
    throw new EpochOver(`sync #${sync.number} of ${work.job.name} begins anew`)
  }
}

async function runningSync(work: JobWork): Promise<Sync> {
  const sync = await work.parts.store.syncs.running(work.job.id)
  if (sync === undefined) throw new Error(`${work.job.name} is ${work.job.state} without a sync`)
  return sync
}

/**
 * After a final sync the job completes; and after the full one where automatic sync is off (S1). The disks of a
 * destination are replaced by nothing but `complete`, which names it and asks.
 */
export function isLastSync(job: Job, sync: Sync): boolean {
  return sync.kind === 'final' || (sync.kind === 'full' && !job.auto && job.target === 'image')
}
