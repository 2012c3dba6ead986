import { formatBytes } from '../domain/bytes.ts'
import { counted } from '../domain/counted.ts'
import { formatDuration, formatTime } from '../domain/duration.ts'
import { phaseTimes, scoreOf } from '../domain/forecast.ts'
import { consistencyWords } from '../domain/instant.ts'
import { name } from './args.ts'
import { bytesChart, timesChart } from './chart.ts'
import { defineCommand } from './define.ts'
import { scoreWords } from './describe-forecast.ts'
import { findJob } from './on-job.ts'
import { done } from './reply.ts'

/** So many syncs are shown; what came before is in the audit. */
const MOST = 50

export const history = defineCommand({
  name: 'history',
  summary: 'List a job’s syncs, newest first',
  effect: 'read',
  legalIn: 'any',
  args: { job: name('the job') },
  example: 'history web-01',
  run: async ({ job: jobName }, context) => {
    const job = await findJob(context, jobName)
    const syncs = await context.store.syncs.list(job.id, MOST)
    const now = context.clock.now()
    const scored = syncs
      .flatMap((sync) => scoreOf(sync)?.verdict ?? [])
      .filter((verdict) => verdict !== 'interrupted')
    const inside = scored.filter((verdict) => verdict === 'inside').length
    return done(
      'history',
      syncs.length === 0
        ? `${jobName} has not synced yet.`
        : `${syncs.length === MOST ? 'The last ' : ''}${counted(syncs.length, 'sync')} of ${jobName}.`,
      {
        ...(scored.length === 0
          ? {}
          : { facts: { Forecasts: `${inside} of ${scored.length} came out inside their interval` } }),
        table: {
          columns: [
            'sync',
            'kind',
            'asked by',
            'result',
            'started',
            'took',
            'forecast',
            'outcome',
            'compared',
            'changed',
            'sent',
            'instant',
          ],
          rows: syncs.map((sync) => [
            `#${sync.number}`,
            sync.kind,
            sync.trigger === 'schedule' ? 'schedule' : sync.askedBy,
            sync.result ?? sync.phase,
            formatTime(sync.startedAt, now),
            sync.endedAt === null || sync.result === 'missed'
              ? ''
              : formatDuration(sync.endedAt.getTime() - sync.startedAt.getTime()),
            scoreWords(sync).forecast,
            scoreWords(sync).verdict,
            formatBytes(sync.progress.comparedBytes),
            formatBytes(sync.progress.changedBytes),
            formatBytes(sync.progress.wireBytes),
            sync.transferredAt === null ? '' : consistencyWords(sync),
          ]),
        },
        charts: [...timesChart(syncs), ...bytesChart(syncs)],
        data: {
          job: jobName,
          syncs: syncs.map((sync) => ({
            sync: sync.number,
            id: sync.id,
            kind: sync.kind,
            trigger: sync.trigger,
            askedBy: sync.askedBy,
            result: sync.result,
            startedAt: sync.startedAt.toISOString(),
            endedAt: sync.endedAt?.toISOString() ?? null,
            comparedBytes: sync.progress.comparedBytes,
            changedBytes: sync.progress.changedBytes,
            appliedBytes: sync.progress.appliedBytes,
            wireBytes: sync.progress.wireBytes,
            imageId: sync.imageId,
            comparison: sync.progress.comparison,
            instant: sync.instant,
            forecast: sync.forecast,
            took: phaseTimes(sync) ?? null,
            score: scoreOf(sync)?.verdict ?? null,
          })),
        },
      },
    )
  },
})
