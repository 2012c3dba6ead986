import type { FormKind } from './forms.ts'
import { factsOf, jobChoices } from './job-facts.ts'

/** Another interval: what is in force, and from when the new one will be (S6). */
export const interval: FormKind = {
  title: 'Change the interval',
  submit: 'Change',
  fields: ['job', 'every'],
  prepare: async (desk, raw) => ({
    initial: { ...raw },
    choices: await jobChoices(desk, raw['job']),
    notes: await factsOf(desk, raw['job'], ['Interval', 'Next sync', 'Last sync', 'Deferred']),
  }),
}
