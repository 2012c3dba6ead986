import { counted } from '../domain/counted.ts'
import type { Image, State } from '../domain/job.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { imagesToDelete, markUsed } from '../domain/retention.ts'
import { count, name } from './args.ts'
import { defineCommand } from './define.ts'
import { describeJob, heldWords } from './describe-job.ts'
import { finalStep } from './final-step.ts'
import { changeJob, findJob } from './on-job.ts'
import { done, Refusal } from './reply.ts'

export const keep = defineCommand({
  name: 'keep',
  summary: 'Change how many images a job keeps; over that the earliest unused one is deleted',
  effect: 'change',
  legalIn: 'until the job is cleared',
  args: { job: name('the job'), images: count('how many images to keep', 1, 10) },
  example: 'keep web-01 3',
  run: async ({ job: jobName, images: most }, context) => {
    const job = await findJob(context, jobName)
    if (job.state === 'cleared' || job.state === 'clearing')
      throw new Refusal('not-legal-now', `${jobName} is ${STATE_LABELS[job.state]}.`)
    const { store } = context
    const images = markUsed(
      await store.images.list(job.id),
      await store.ledger.open(job.id),
      await store.verifications.list(job.id),
    )
    const { deletable, overflow } = imagesToDelete(images, most)
    if (deletable.length > 0) {
      const names = deletable.map((image) => `#${image.number} (${image.cloudId})`).join(', ')
      await finalStep(
        context,
        job,
        `Keeping ${most} deletes ${deletable.length === 1 ? 'image' : 'images'} ${names} ${whenDeleted(job.state)}.`,
        {
          'Will be deleted': names,
          ...stays(images, overflow),
        },
      )
    }
    const { after, voided } = await changeJob(context, jobName, () => ({
      set: { keep: most },
      facts: { keep: most },
    }))
    return done(
      'keep-changed',
      `${jobName} keeps ${counted(most, 'image')}.`,
      await describeJob(context, after, { ...stays(images, overflow), ...voided }),
    )
  },
})

/** What stays over the number, and why (S3). */
function stays(images: readonly Image[], overflow: number): Record<string, string> {
  return overflow === 0 ? {} : { 'Stays all the same': `${overflow} over the number: ${heldWords(images)}` }
}

/** When `keep` is enforced next: at rest within a minute, else after the next image or once the job moves on. */
function whenDeleted(state: State): string {
  if (['waiting', 'paused', 'completed', 'cancelled'].includes(state)) return 'within a minute'
  return state === 'error' ? 'once the job goes on' : 'when this sync has its image'
}
