import { counted } from '../domain/counted.ts'
import { formatDuration, formatTime } from '../domain/duration.ts'
import { faultEntry } from '../domain/faults.ts'
import type { Job } from '../domain/job.ts'
import type { Verification, VerificationCheck } from '../ports/store.ts'
import type { Context } from './define.ts'
import type { Reply } from './reply.ts'
import { done } from './reply.ts'

/** Every verification of a job, the latest first, each with its report: a row for each check below it. */
export async function verificationRecords({ store }: Context, job: Job): Promise<Reply> {
  const [past, images] = await Promise.all([
    store.verifications.list(job.id),
    store.images.list(job.id, { all: true }),
  ])
  const numberOf = (imageId: string): number | undefined => images.find(({ id }) => id === imageId)?.number
  const now = await store.now()
  return done('verifications', `${counted(past.length, 'verification')} of ${job.name}.`, {
    isAnswer: true,
    table: {
      columns: ['verification', 'image', 'started', 'took', 'asked by', 'result', 'evidence'],
      rows: past.flatMap((record) => [
        [
          String(record.number),
          `#${numberOf(record.imageId) ?? '?'}`,
          formatTime(record.startedAt, now),
          formatDuration((record.endedAt ?? now).getTime() - record.startedAt.getTime()),
          record.askedBy,
          record.verdict ?? doingWords(record.doing),
          record.cause === null ? '' : causeWords(record.cause),
        ],
        ...record.checks.map(checkRow),
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
  })
}

/** `Not Verified, NOT_BOOTED: the test instance has not booted`, or how far it is. */
export function resultWords({ verdict, cause, doing }: Verification): string {
  if (verdict === null) return doingWords(doing)
  return cause === null ? verdict : `${verdict}, ${causeWords(cause)}`
}

const doingWords = (doing: string): string => (doing === '' ? 'about to begin' : `running: ${doing}`)
const causeWords = (cause: string): string => `${cause}: ${faultEntry(cause).title}`

function checkRow({ name, ok, detail }: VerificationCheck): readonly string[] {
  return ['', '', '', '', '', `${ok === null ? 'not known' : ok ? 'ok' : 'failed'}: ${name}`, detail]
}
