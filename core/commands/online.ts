import { formatDuration } from '../domain/duration.ts'
import type { Job } from '../domain/job.ts'
import { SILENCE_MS } from '../ports/machines.ts'
import type { Context } from './define.ts'
import { Refusal } from './reply.ts'

/** Refuses unless the agent of the job's source has been heard of lately. */
export async function demandOnline({ store, clock }: Context, job: Job): Promise<void> {
  const source = await store.sources.byId(job.sourceId)
  const silentMs = clock.now().getTime() - (source?.agent?.seenAt.getTime() ?? 0)
  if (source?.agent !== undefined && silentMs < SILENCE_MS) return
  throw new Refusal(
    'source-offline',
    source?.agent === undefined
      ? `The agent of ${job.name} has not enrolled: \`enrol ${source?.name ?? job.name}\` prints the command for the source.`
      : `The agent of ${job.name} has been silent for ${formatDuration(silentMs)}: start it on the source (\`node ferry-agent.mjs\`), then ask again.`,
  )
}
