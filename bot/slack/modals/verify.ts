import { context, option } from '../render/blocks.ts'
import type { FormKind } from './forms.ts'
import { factsOf, jobChoices } from './job-facts.ts'

/** A verification of an image, with the operator's own command in it (S16). */
export const verify: FormKind = {
  title: 'Verify an image',
  submit: 'Verify',
  fields: ['job', 'image', 'check', 'timeout', 'type', 'public', 'keep-instance', 'bytes'],
  prepare: async (desk, raw) => {
    const { job } = raw
    const { data } = job === undefined ? { data: undefined } : await desk.ask('images', { job })
    const images = (data?.['images'] as { image: number; verdict: string | null }[] | undefined) ?? []
    const newestFirst = [...images].reverse()
    return {
      initial: { ...(newestFirst[0] === undefined ? {} : { image: String(newestFirst[0].image) }), ...raw },
      choices: {
        ...(await jobChoices(desk, job)),
        image: newestFirst
          .slice(0, 100)
          .map(({ image, verdict }) => option(`#${image} ${verdict ?? 'not verified yet'}`, String(image))),
      },
      notes: [
        ...(await factsOf(desk, job, ['Images', 'Verification'])),
        context('A boot needs the Cloud Assistant in the image; without it the result is Not Verified.'),
      ],
    }
  },
}
