/** The test boot of a drill: a verification of the newest image, waited for. */
import { hopelessLine } from '../domain/console.ts'
import type { Drill, DrillItem, Verdict } from '../domain/drill.ts'
import { critical, DRILL_AGAIN, normal, warning } from '../domain/drill.ts'
import { Fault, faultEntry, remedyOf } from '../domain/faults.ts'
import { DEFAULT_OPTIONS } from '../domain/verification.ts'
import type { Verification } from '../ports/store.ts'
import type { JobWork } from './work.ts'
import { ENGINE } from './work.ts'

/** An image that does not boot stays as it is, and no sync makes another one in Drill Exception: so this is the order. */
const HOW_OUT =
  'no sync starts in Drill Exception: once the source is mended, `drill <job>` (without --boot it looks at the source, not at the image); when it is clean, `sync <job>`, then `drill <job> --boot`'

/** `hasAssistant`: whether the Cloud Assistant is installed on the source, as far as that is known. */
export async function bootItem(work: JobWork, drill: Drill, hasAssistant: boolean): Promise<DrillItem> {
  const { store, settings } = work.parts
  const image = (await store.images.list(work.job.id)).at(-1)
  if (image === undefined)
    return {
      name: 'test boot',
      ...warning(
        'there is no image yet to start a server from; each sync makes one',
        '`drill <job> --boot` after the first sync',
      ),
    }
  const id = drill.asked.verification ?? (await started(work, drill, image.id))
  const { bootMs, inspectMs, receiverStartMs } = settings.timings
  const verification = await work.until(
    async () => {
      const now = await store.verifications.byId(id)
      return now === undefined || now.endedAt === null ? undefined : now
    },
    settings.timings.lookMs,
    bootMs + inspectMs + 2 * receiverStartMs,
    () => new Fault('NOT_BOOTED', 'the verification of the newest image has not ended'),
  )
  return { name: 'test boot', ...verdictOf(verification, image.number, hasAssistant) }
}

async function started({ parts: { store }, job }: JobWork, drill: Drill, imageId: string): Promise<string> {
  const { id } = await store.verifications.start(imageId, job.id, drill.askedBy, DEFAULT_OPTIONS, {
    actor: ENGINE,
    action: 'drill.verify',
    outcome: 'started',
    facts: { drill: drill.number },
  })
  await store.drills.setAsked(drill.id, 'verification', id)
  return id
}

/**
 * A server without the Cloud Assistant does not answer even when it has come up: then its silence says nothing, unless
 * its console shows why it did not.
 */
function verdictOf({ verdict, cause, checks }: Verification, image: number, hasAssistant: boolean): Verdict {
  if (verdict === 'Verified') return normal(`a server made of image #${image} has booted`)
  const failed = checks.filter(({ ok }) => ok === false)
  const words = failed.map(({ name, detail }) => `${name}: ${detail}`).join('; ')
  const entry = faultEntry(cause ?? 'NOT_BOOTED')
  const evidence = `image #${image}: ${entry.title}${words === '' ? '' : `: ${words}`}`
  const isSilent = cause === 'NOT_BOOTED' && failed.every(({ detail }) => hopelessLine(detail) === undefined)
  const remedy = remedyOf(entry, '<job>', DRILL_AGAIN)
  return isSilent && !hasAssistant ? warning(evidence, remedy) : critical(evidence, remedy, HOW_OUT)
}
