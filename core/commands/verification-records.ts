import { formatDuration, formatTime } from '../domain/duration.ts'
import { faultEntry } from '../domain/faults.ts'
import type { Job } from '../domain/job.ts'
import type { Verification, VerificationCheck } from '../ports/store.ts'
import type { Context } from './define.ts'
import type { Reply } from './reply.ts'
import { done } from './reply.ts'

/** Every verification of a job with its report, the latest first. */
export async function verificationRecords({ store }: Context, job: Job): Promise<Reply> {
  const [past, images] = await Promise.all([
    store.verifications.list(job.id),
    store.images.list(job.id, { all: true }),
  ])
  const numberOf = (imageId: string): number | undefined => images.find(({ id }) => id === imageId)?.number
  const now = await store.now()
  return done(
    'verifications',
    `${past.length} ${past.length === 1 ? 'verification' : 'verifications'} of ${job.name}.`,
    {
      table: {
        columns: ['verification', 'image', 'started', 'took', 'asked by', 'result', 'report'],
        rows: past.map((record) => [
          String(record.number),
          `#${numberOf(record.imageId) ?? '?'}`,
          formatTime(record.startedAt, now),
          formatDuration((record.endedAt ?? now).getTime() - record.startedAt.getTime()),
          record.askedBy,
          resultWords(record),
          record.checks.map(checkWords).join('; '),
        ]),
      },
      data: {
        job: job.name,
        verifications: past.map(({ imageId, ...record }) => ({
          ...record,
          image: numberOf(imageId) ?? null,
          startedAt: record.startedAt.toISOString(),
          endedAt: record.endedAt?.toISOString() ?? null,
        })),
      },
    },
  )
}

/** `Not Verified, NOT_BOOTED: the test instance has not booted`, or how far it is. */
export function resultWords({ verdict, cause, doing }: Verification): string {
  if (verdict === null) return doing === '' ? 'about to begin' : `running: ${doing}`
  return cause === null ? verdict : `${verdict}, ${cause}: ${faultEntry(cause).title}`
}

function checkWords({ name, ok, detail }: VerificationCheck): string {
  return `${name}: ${ok === null ? 'not known' : ok ? 'ok' : 'failed'} (${detail})`
}
