/** A choice of jobs, where a command was typed without one. */
import type { Invocation } from '../../core/commands/read.ts'
import { lineOf } from '../../core/commands/read.ts'
import type { Reply } from '../../core/commands/reply.ts'
import type { Asked } from './asked.ts'
import { tellAsker } from './asked.ts'
import type { SlackParts } from './parts.ts'
import { personOf } from './person.ts'
import type { Element, Option } from './render/blocks.ts'
import { actions, LIMITS, option, plain, sections } from './render/blocks.ts'
import { words } from './render/words.ts'

export interface JobSeen {
  readonly job: string
  readonly state: string
  /** `Syncing 43 %` */
  readonly stateWords: string
}

/** The jobs as `list` tells them, by name. Empty when this person may not see them. */
export async function jobsSeen(parts: SlackParts, userId: string): Promise<readonly JobSeen[]> {
  const who = { person: personOf(parts, userId), door: 'slack' } as const
  const { data } = await parts.app.execute({ command: 'list', raw: {} }, who)
  return (data?.['jobs'] as readonly JobSeen[] | undefined) ?? []
}

export const jobOption = ({ job, stateWords }: JobSeen): Option => option(`${job} · ${stateWords}`, job)

/** Offers the jobs to whoever left the job out. False when that is not what is missing, or there is none. */
export async function pickJob(
  parts: SlackParts,
  asked: Asked,
  invocation: Invocation,
  reply: Reply,
): Promise<boolean> {
  const command = parts.app.catalogue.find(({ name }) => name === invocation.command)
  if (command?.args['job'] === undefined || invocation.raw['job'] !== undefined) return false
  const line = lineOf(invocation)
  if (line.length > LIMITS.blockId - 'pick:'.length) return false
  const jobs = await jobsSeen(parts, asked.userId)
  if (jobs.length === 0) return false
  const question = `*${command.name}*: which job?`
  await tellAsker(parts, asked, {
    text: words(reply.title),
    blocks: () => [...sections([question]), ...actions([selectJob(jobs)], `pick:${line}`)],
  })
  return true
}

/** All of them in one menu, as far as Slack allows; above that, one that asks what to look for. */
export function selectJob(jobs: readonly JobSeen[], actionId = 'pick'): Extract<Element, { type: string }> {
  const placeholder = plain('Choose a job', LIMITS.placeholder)
  return jobs.length <= LIMITS.options
    ? { type: 'static_select', action_id: actionId, placeholder, options: jobs.map(jobOption) }
    : { type: 'external_select', action_id: actionId, placeholder, min_query_length: 0 }
}

/** What the menu offers for what was typed into it. */
export function optionsFor(jobs: readonly JobSeen[], typed: string): readonly Option[] {
  const wanted = typed.trim().toLowerCase()
  const found = jobs.filter(({ job, state }) => `${job} ${state}`.includes(wanted))
  // What begins with it comes first.
  const sorted = [...found].sort(
    (a, b) => Number(b.job.startsWith(wanted)) - Number(a.job.startsWith(wanted)),
  )
  return sorted.slice(0, LIMITS.options).map(jobOption)
}
