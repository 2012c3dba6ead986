import { formatTime } from '../domain/duration.ts'
import { markUsed } from '../domain/retention.ts'
import { imageOfRequest } from '../domain/verification.ts'
import { name } from './args.ts'
import { defineCommand } from './define.ts'
import { findJob } from './on-job.ts'
import { done } from './reply.ts'

export const images = defineCommand({
  name: 'images',
  summary: 'List a job’s images and what is known of them',
  effect: 'read',
  legalIn: 'any',
  args: { job: name('the job') },
  example: 'images web-01',
  run: async ({ job: jobName }, context) => {
    const job = await findJob(context, jobName)
    const { store } = context
    const [images, resources, verifications] = await Promise.all([
      store.images.list(job.id),
      store.ledger.open(job.id),
      store.verifications.list(job.id),
    ])
    const kept = markUsed(images, resources, verifications)
    const usersOf = (cloudId: string): string =>
      resources
        .filter(({ kind, request }) => kind === 'instance' && imageOfRequest(request) === cloudId)
        .map((user) => user.cloudId ?? 'an instance being made')
        .join(', ')
    const now = context.clock.now()
    return done('images', `${jobName} has ${kept.length} of at most ${job.keep} images.`, {
      table: {
        columns: ['image', 'id', 'name', 'made', 'verified', 'in use', 'instant'],
        rows: kept.map((image) => [
          `#${image.number}`,
          image.cloudId,
          image.name,
          formatTime(image.createdAt, now),
          image.verdict ?? 'not yet',
          image.inUse ? usersOf(image.cloudId) || 'yes' : 'no',
          image.consistency,
        ]),
      },
      data: {
        job: jobName,
        images: kept.map((image) => ({
          image: image.number,
          id: image.cloudId,
          name: image.name,
          roots: image.roots,
          verdict: image.verdict,
          inUse: image.inUse,
          pinned: image.pinned,
        })),
      },
    })
  },
})
