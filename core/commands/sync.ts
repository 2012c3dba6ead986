import { deferralOf } from '../domain/deferral.ts'
import { formatDuration, formatSpan } from '../domain/duration.ts'
import type { Forecast } from '../domain/forecast.ts'
import type { Job } from '../domain/job.ts'
import { labels, move, statesAllowing } from '../domain/life.ts'
import { windowsOf } from '../domain/window.ts'
import { flag, name } from './args.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import { forecastNow, limitWords, phaseWords } from './describe-forecast.ts'
import { windowWords } from './describe-window.ts'
import { describeJob } from './describe-job.ts'
import { estimateJob } from './estimate.ts'
import { changeJob, demandLegal } from './on-job.ts'
import { accepted, Refusal } from './reply.ts'

export const sync = defineCommand({
  name: 'sync',
  summary: 'Run an incremental sync now; the next automatic one comes an interval after it ends',
  effect: 'change',
  legalIn: labels(statesAllowing('sync')),
  args: {
    job: name('the job'),
    estimate: flag('compare only and say what a sync would send and take; legal while Paused too'),
  },
  example: 'sync web-01',
  run: async ({ job: jobName, estimate }, context) => {
    if (estimate) return { ...(await estimateJob(context, jobName, false)), isAnswer: true }
    const { store, person } = context
    // Looked at for every try: of many who ask at once, all but one hear of the sync that the first has started.
    const { after } = await changeJob(context, jobName, async (job) => {
      if (job.state === 'syncing') await refuseSecond(context, job)
      demandLegal(job, 'sync', 'sync')
      return {
        set: { state: move(job, 'sync') ?? job.state, nextSyncAt: null },
        startSync: { kind: 'incremental', trigger: 'manual', askedBy: person.name },
      }
    })
    const started = await store.syncs.running(after.id)
    const forecast = await forecastNow(context, after, 'incremental')
    return accepted(
      'sync-started',
      `Sync #${started?.number ?? '?'} of ${jobName} has started. \`watch ${jobName}\` follows it.`,
      {
        ...(await describeJob(context, after, {
          Forecast: `${phaseWords(forecast)}: ${formatSpan(forecast.total)} in all`,
          'Limited by': limitWords(forecast),
          ...windowAhead(after, await store.now(), forecast),
        })),
      },
    )
  },
})

async function refuseSecond(context: Context, job: Job): Promise<void> {
  const running = await context.store.syncs.running(job.id)
  if (running === undefined) return
  throw new Refusal(
    'already-running',
    `Sync #${running.number} of ${job.name} is running already; it was asked by ${running.askedBy}.`,
    await describeJob(context, job),
  )
}

/** People may start a sync when they like; that a cutover may have to wait for it is said. */
function windowAhead(job: Job, now: Date, { total }: Forecast): Readonly<Record<string, string>> {
  if (deferralOf(windowsOf(job), now, total.high) === undefined) return {}
  return {
    Mind: `it may take up to ${formatDuration(total.high)}, and a cutover would wait for it: ${windowWords(job, now)}`,
  }
}
