import { count, name, named, optional } from './args.ts'
import { defineCommand } from './define.ts'
import { findJob, lookAt } from './on-job.ts'
import { accepted, done, Refusal } from './reply.ts'
import { flag } from './args.ts'
import { formatTime } from '../domain/duration.ts'

export const verify = defineCommand({
  name: 'verify',
  summary: 'Check an image: its bytes, its file systems, and whether a server made of it boots',
  effect: 'change',
  legalIn: 'an image exists',
  args: {
    job: name('the job'),
    image: named(optional(count('the number of the image; the newest if left out', 1, 999_999))),
    records: flag('show past verifications instead'),
  },
  example: 'verify web-01 image=4',
  run: async ({ job: jobName, image: number, records }, context) => {
    const { store, actor, person, clock } = context
    const job = await (records ? lookAt : findJob)(context, jobName)
    const images = await store.images.list(job.id)
    if (records) {
      const past = await store.verifications.list(job.id)
      return done(
        'verifications',
        `${past.length} ${past.length === 1 ? 'verification' : 'verifications'} of ${jobName}.`,
        {
          table: {
            columns: ['verification', 'started', 'asked by', 'result', 'cause', 'checks'],
            rows: past.map((record) => [
              String(record.number),
              formatTime(record.startedAt, clock.now()),
              record.askedBy,
              record.verdict ?? 'running',
              record.cause ?? '',
              record.checks
                .map(
                  (check) =>
                    `${check.name}: ${check.ok === null ? 'not known' : check.ok ? 'ok' : 'failed'} (${check.detail})`,
                )
                .join('; '),
            ]),
          },
          data: {
            job: jobName,
            verifications: past.map((record) => ({
              ...record,
              startedAt: record.startedAt.toISOString(),
              endedAt: record.endedAt?.toISOString() ?? null,
            })),
          },
        },
      )
    }
    const image =
      number === undefined ? images.at(-1) : images.find((candidate) => candidate.number === number)
    if (image === undefined)
      throw new Refusal(
        'no-such-image',
        images.length === 0
          ? `${jobName} has no image yet; each sync makes one.`
          : `${jobName} has no image #${number ?? ''}; it has ${images.map((candidate) => `#${candidate.number}`).join(', ')}.`,
      )
    const verification = await store.verifications.start(image.id, job.id, person.name, {
      actor,
      action: 'verify',
      outcome: 'started',
      facts: { image: image.cloudId },
    })
    return accepted(
      'verifying',
      `Verification ${verification.number} of image #${image.number} has started; \`verify ${jobName} --records\` shows how it ends.`,
      {
        facts: {
          Image: `#${image.number} ${image.cloudId}`,
          'What is checked': 'every byte against the root of the sync, the file systems, then a boot',
          'Boot check': 'needs the Cloud Assistant in the image; without it the result is Not Verified',
          Cost: 'two small instances for minutes, released by themselves',
        },
        data: { job: jobName, verification: verification.number, image: image.number },
      },
    )
  },
})
