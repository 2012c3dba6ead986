import type { FormKind } from './forms.ts'
import { factsOf, jobChoices } from './job-facts.ts'

/** The end of a migration: what it would cost in time now, before it is asked and confirmed (S12). */
export const complete: FormKind = {
  title: 'Complete',
  submit: 'Go on',
  fields: ['job', 'last-sync', 'services-stopped', 'override-window'],
  prepare: async (desk, raw) => ({
    initial: { 'last-sync': 'true', ...raw },
    choices: await jobChoices(desk, raw['job']),
    notes: await factsOf(desk, raw['job'], [
      'Cutover now',
      'Limited by',
      'Last sync',
      'Images',
      'Window',
      'Frozen',
      'Warning',
    ]),
  }),
}
