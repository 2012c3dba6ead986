import type { Image, Job } from '../domain/job.ts'
import type { Context } from './define.ts'
import { Refusal } from './reply.ts'

/** The image of a job with this number, or its newest; a refusal that names those there are. */
export async function findImage(
  { store }: Pick<Context, 'store'>,
  job: Job,
  number: number | undefined,
): Promise<Image> {
  const images = await store.images.list(job.id)
  const image = number === undefined ? images.at(-1) : images.find((candidate) => candidate.number === number)
  if (image !== undefined) return image
  throw new Refusal(
    'no-such-image',
    images.length === 0
      ? `${job.name} has no image yet; each sync makes one.`
      : `${job.name} has no image #${number ?? ''}; it has ${images.map((candidate) => `#${candidate.number}`).join(', ')}.`,
  )
}
