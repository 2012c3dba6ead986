import { formatBytes } from '../domain/bytes.ts'
import { formatMoment } from '../domain/duration.ts'
import type { Job } from '../domain/job.ts'
import { labels, move, statesAllowing } from '../domain/life.ts'
import { mayCrashConsistently } from '../domain/policy.ts'
import { flag, name } from './args.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import type { Allowed } from './demand-window.ts'
import { demandWindow } from './demand-window.ts'
import { convergingWords } from './describe-fault.ts'
import { describeForecast, lastEstimate } from './describe-forecast.ts'
import { demandFitDestination, whatIsOverwritten } from './describe-destination.ts'
import { describeJob } from './describe-job.ts'
import { syncSummary } from './describe-sync.ts'
import { finalStep } from './final-step.ts'
import { refuseFrozen } from './held.ts'
import { changeJob, demandLegal, findJob } from './on-job.ts'
import { accepted, Refusal } from './reply.ts'

export const complete = defineCommand({
  name: 'complete',
  summary: 'End the migration for good, after one last sync if asked',
  effect: 'final',
  legalIn: labels(statesAllowing('complete')),
  args: {
    job: name('the job'),
    'last-sync': flag('run one last sync first'),
    'services-stopped': flag('you have stopped the services on the source; a last sync demands it'),
    'override-window': flag('outside the window of the job too; others must always approve that'),
  },
  example: 'complete web-01 --last-sync --services-stopped',
  run: async (args, context) => {
    const isLast = args['last-sync']
    const isStopped = args['services-stopped']
    const asked = { isLast, isOverridden: args['override-window'] }
    const job = await findJob(context, args.job)
    demandLegal(job, 'complete', 'complete')
    await refuseFrozen(context, job, 'complete')
    await demandFitDestination(context, job)
    if (isLast && !isStopped && !mayCrashConsistently(context.policy, args.job))
      throw new Refusal(
        'services-running',
        `A last sync is only exact when nothing writes to ${args.job} any more: stop its services, then say so: \`complete ${args.job} --last-sync --services-stopped\`.`,
      )
    const allowed = await demandWindow(context, job, asked)
    const consequence = isLast
      ? `${args.job} runs one last sync, then nothing syncs any more and its intermediate is released.`
      : `Nothing syncs ${args.job} any more, not even what changed since the last sync, and its intermediate is released.`
    const services = isStopped
      ? 'stopped on the source'
      : isLast
        ? 'not stopped: the image is as after a power cut, which the policy allows for this job'
        : 'not said to be stopped'
    const overwritten = await whatIsOverwritten(context, job)
    await finalStep(
      context,
      job,
      consequence + overwritten.sentence,
      { ...(await evidence(context, job, allowed)), ...overwritten.facts, Services: services },
      {
        drifting: isLast ? await describeForecast(context, job) : {},
        ...(asked.isOverridden ? { atLeast: 1 } : {}),
        ...(allowed.opening === undefined ? {} : { until: allowed.opening.to }),
      },
    )
    const { after } = await changeJob(context, args.job, async (found) => {
      demandLegal(found, 'complete', 'complete')
      const { opening } = await demandWindow(context, found, asked)
      return {
        set: {
          state: move(found, isLast ? 'last-sync' : 'complete') ?? found.state,
          ...{ completing: true, nextSyncAt: null, pendingIntervalMs: null },
        },
        ...(opening === undefined ? {} : { during: opening }),
        ...(isLast
          ? {
              startSync: {
                kind: 'final',
                trigger: 'manual',
                askedBy: context.person.name,
                servicesStopped: isStopped,
              } as const,
            }
          : {}),
        facts: {
          'last-sync': isLast,
          'services-stopped': isStopped,
          'override-window': asked.isOverridden,
        },
        notices: [
          {
            severity: 'info',
            title: `${args.job}: ${isLast ? 'the last sync has started' : 'completing'}`,
            ...(isLast ? { shownBy: 'sync' as const } : {}),
          },
        ],
      }
    })
    return accepted(
      'completing',
      isLast
        ? `The last sync of ${args.job} has started; it completes by itself afterwards.`
        : `${args.job} is Completing.`,
      await describeJob(context, after),
    )
  },
})

/** What the approvers of a completion see and decide on: none of it may change before it happens. */
async function evidence(context: Context, job: Job, allowed: Allowed): Promise<Record<string, string>> {
  const { store } = context
  const counted = await lastEstimate(context, job)
  const syncs = await store.syncs.list(job.id, 20)
  const last = syncs.find((sync) => sync.result === 'ok')
  const growing = convergingWords(job, syncs)
  const newest = (await store.images.list(job.id)).at(-1)
  return {
    'Last sync': last?.endedAt == null ? 'none' : `${syncSummary(last)}, ended ${formatMoment(last.endedAt)}`,
    'Newest image':
      newest === undefined
        ? 'none'
        : `#${newest.number} ${newest.cloudId}, ${newest.verdict ?? 'not verified yet'}; ${newest.consistency}`,
    'Changed since':
      counted === undefined
        ? 'not counted; `estimate` does it'
        : `${formatBytes(counted.measured.changedBytes)}, counted ${formatMoment(counted.at)}`,
    Window: allowed.words,
    ...(growing === undefined ? {} : { Warning: growing }),
  }
}
