import { context, option } from '../render/blocks.ts'
import type { FormKind } from './forms.ts'

/** A new job: its source from those that have enrolled, the rest as the policy file says. */
export const create: FormKind = {
  title: 'Create a job',
  submit: 'Create',
  fields: ['job', 'source', 'target', 'instance', 'every', 'keep', 'auto', 'limit', 'image-name'],
  prepare: async ({ app, ask }, raw) => {
    const { data } = await ask('sources', {})
    const sources = (data?.['sources'] as { name: string; enrolled: boolean }[] | undefined) ?? []
    const enrolled = sources.filter((source) => source.enrolled).map(({ name }) => name)
    const free = enrolled.find((name) => name === raw['job']) ?? enrolled[0]
    return {
      initial: {
        ...app.defaults(),
        target: 'image',
        ...(free === undefined ? {} : { source: free }),
        ...raw,
      },
      choices: { source: enrolled.map((name) => option(name, name)) },
      notes: [
        context(
          enrolled.length === 0
            ? 'No source has enrolled yet: `/ferry enrol web-01` lets one in.'
            : 'What stands here already is what the policy file says for new jobs.',
        ),
      ],
    }
  },
}
