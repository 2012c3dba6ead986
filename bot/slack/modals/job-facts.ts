import type { Block } from '../render/blocks.ts'
import { sections } from '../render/blocks.ts'
import { factLines } from '../render/reply.ts'
import { bold } from '../render/text.ts'
import { words } from '../render/words.ts'
import type { Option } from '../render/blocks.ts'
import { jobOption } from '../picker.ts'
import type { JobSeen } from '../picker.ts'
import type { Desk } from './forms.ts'

/** What `status` says of a job, as far as it bears on what a form asks. */
export async function factsOf(
  { ask }: Desk,
  job: string | undefined,
  names: readonly string[],
): Promise<readonly Block[]> {
  if (job === undefined) return []
  const reply = await ask('status', { job })
  if (reply.outcome === 'refused') return sections([words(reply.title)])
  const facts = Object.fromEntries(
    names.flatMap((name) => (reply.facts[name] === undefined ? [] : [[name, reply.facts[name] ?? '']])),
  )
  return sections([bold(words(reply.title)), ...factLines(facts)])
}

/** The jobs to choose from, where none is settled. */
export async function jobChoices(
  { ask }: Desk,
  job: string | undefined,
): Promise<Readonly<Record<string, readonly Option[]>>> {
  if (job !== undefined) return {}
  const { data } = await ask('list', {})
  return { job: ((data?.['jobs'] as readonly JobSeen[] | undefined) ?? []).map(jobOption) }
}
