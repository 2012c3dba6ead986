/** What an asker who is limited to some jobs may name: the run of a workflow that a rule of the policy file lets in. */
import { namesJob } from '../domain/job-pattern.ts'
import type { Asker, Command } from './define.ts'
import { Refusal } from './reply.ts'

/** Of no job, and so for everybody. */
const OF_NO_JOB = ['help', 'whoami', 'audit verify']
/** Arguments that name a job, or the source that a job is named after. */
const NAMES = ['job', 'jobs', 'source', 'name']

/** Refuses a job that the asker may not name. */
export function refuseOutside({ name, jobs }: Asker, job: string): void {
  if (jobs === undefined || jobs.some((pattern) => namesJob(pattern, job))) return
  throw new Refusal(
    'job-not-allowed',
    `${name} may name ${jobs.join(', ')} and no other job; ${job} is not among them. An admin can change that under workflows in ferry.yaml.`,
  )
}

/**
 * Refuses an invocation that reaches beyond the jobs that the asker may name: every name in it is looked at, and one
 * that names none is for those who may name all. A request for approval is looked at once its job is known.
 */
export function refuseWide(asker: Asker, command: Command, raw: Readonly<Record<string, string>>): void {
  const { jobs, name } = asker
  if (jobs === undefined || jobs.includes('*') || OF_NO_JOB.includes(command.name)) return
  const named = NAMES.flatMap((key) => (key in command.args && raw[key] ? raw[key].split(/[,\s]+/) : []))
  for (const job of named) refuseOutside(asker, job)
  if (named.length > 0 || 'request' in command.args) return
  throw new Refusal(
    'job-not-allowed',
    `${name} may name ${jobs.join(', ')} only, and ${command.name} would reach all jobs.${'job' in command.args ? ' Say which job.' : ''}`,
  )
}
