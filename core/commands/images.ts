import { formatTime } from '../domain/duration.ts'
import { heldBy, imagesToDelete, markUsed } from '../domain/retention.ts'
import { imageOfRequest } from '../domain/verification.ts'
import { count, name } from './args.ts'
import type { Command } from './define.ts'
import { defineCommand } from './define.ts'
import { heldWords, imagesWords } from './describe-job.ts'
import { findImage } from './find-image.ts'
import { findJob } from './on-job.ts'
import { done, Refusal } from './reply.ts'

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
    const { overflow } = imagesToDelete(kept, job.keep)
    const now = context.clock.now()
    return done('images', `Images of ${jobName}: ${imagesWords(kept.length, job.keep)}.`, {
      ...(overflow === 0
        ? {}
        : { facts: { 'Over the number': `${overflow} more than keep says: ${heldWords(kept)}` } }),
      table: {
        columns: ['image', 'id', 'name', 'made', 'verified', 'pinned', 'in use', 'instant'],
        rows: kept.map((image) => [
          `#${image.number}`,
          image.cloudId,
          image.name,
          formatTime(image.createdAt, now),
          image.verdict ?? 'not yet',
          image.pinned ? 'yes' : 'no',
          image.inUse ? usersOf(image.cloudId) || 'yes' : 'no',
          image.consistency,
        ]),
      },
      data: {
        job: jobName,
        keep: job.keep,
        overflow,
        images: kept.map((image) => ({
          image: image.number,
          id: image.cloudId,
          name: image.name,
          roots: image.roots,
          verdict: image.verdict,
          inUse: image.inUse,
          pinned: image.pinned,
          heldBy: heldBy(image) ?? null,
          consistency: image.consistency,
        })),
      },
    })
  },
})

export const imagesPin = pinning('images pin', true)
export const imagesUnpin = pinning('images unpin', false)

/** A pin is on an image, not on the job: it changes no schedule and voids no approval. */
function pinning(command: 'images pin' | 'images unpin', pinned: boolean): Command {
  return defineCommand({
    name: command,
    summary: pinned
      ? 'Keep an image whatever `keep` says, until it is unpinned'
      : 'Let an image go again when `keep` says so',
    effect: 'change',
    legalIn: 'any',
    args: { job: name('the job'), image: count('the number of the image', 1, 999_999) },
    example: `${command} web-01 4`,
    run: async ({ job: jobName, image: number }, context) => {
      const { store, actor } = context
      const job = await findJob(context, jobName)
      const image = await findImage(context, job, number)
      const audit = { actor, action: command, outcome: 'done', facts: { image: image.cloudId } }
      if (!(await store.images.setPinned(image.id, pinned, audit)))
        throw new Refusal('image-going', `Image #${number} of ${jobName} is being deleted: it is too late.`)
      const now = await store.images.list(job.id)
      const { deletable, overflow } = imagesToDelete(now, job.keep)
      const next = deletable.map((going) => `#${going.number} (${going.cloudId})`).join(', ')
      return done(
        pinned ? 'image-pinned' : 'image-unpinned',
        pinned
          ? `Image #${number} of ${jobName} stays until it is unpinned.`
          : `Image #${number} of ${jobName} is an image like any other again.`,
        {
          facts: {
            Image: `#${number} ${image.cloudId}`,
            ...(next === '' ? {} : { 'Will be deleted': next }),
            ...(overflow === 0
              ? {}
              : { 'Over the number': `${overflow} more than keep says: ${heldWords(now)}` }),
          },
          data: { job: jobName, image: number, id: image.cloudId, pinned },
        },
      )
    },
  })
}
