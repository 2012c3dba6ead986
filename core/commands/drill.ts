import type { Drill, DrillItem } from '../domain/drill.ts'
import { countWords, worstFirst } from '../domain/drill.ts'
import { formatTime } from '../domain/duration.ts'
import type { Job } from '../domain/job.ts'
import { RESUMABLE } from '../domain/life.ts'
import { labels, statesAllowing } from '../domain/life.ts'
import { flag, name } from './args.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import { describeJob } from './describe-job.ts'
import { lookAt, moveJob, nextSteps } from './on-job.ts'
import type { Reply } from './reply.ts'
import { accepted, done, Refusal } from './reply.ts'

export const drill = defineCommand({
  name: 'drill',
  summary: 'Rehearse: look at the source and the cloud for what would stand in the way; neither is changed',
  effect: 'change',
  legalIn: labels(statesAllowing('drill')),
  args: {
    job: name('the job'),
    boot: flag('also start a server from the newest image (billed for minutes)'),
    report: flag('show the last report instead'),
  },
  example: 'drill web-01 --boot',
  run: async (args, context) => {
    const { job: jobName, boot } = args
    if (args.report) return lastReport(context, await lookAt(context, jobName))
    const { after } = await moveJob(context, jobName, 'drill', (job) => ({
      // A drill after a drill: what the first one left is where it leads back to.
      set: { resume: RESUMABLE.find((state) => state === job.state) ?? job.resume },
      startDrill: { askedBy: context.person.name, boot },
      facts: { boot },
    }))
    return accepted(
      'drilling',
      `The drill of ${jobName} has started; \`report ${jobName}\` shows what it finds.`,
      await describeJob(context, after),
    )
  },
})

export const report = defineCommand({
  name: 'report',
  summary: 'Show what the last drill found, with evidence and what to do',
  effect: 'read',
  legalIn: 'any',
  args: { job: name('the job') },
  example: 'report web-01',
  run: async (args, context) => lastReport(context, await lookAt(context, args.job)),
})

async function lastReport(context: Context, job: Job): Promise<Reply> {
  const last = await context.store.drills.latest(job.id)
  if (last === undefined)
    throw new Refusal('no-drill', `${job.name} has not been drilled yet: \`drill ${job.name}\` does it.`)
  if (last.endedAt === null) {
    const tasks = await context.store.tasks.open(job.sourceId)
    const note = tasks.find(({ progress }) => progress.note !== '')?.progress.note
    return accepted(
      'drilling',
      `Drill ${last.number} of ${job.name} runs${note === undefined ? '' : `: ${note}`}.`,
      {
        data: { job: job.name, drill: last.number, running: true },
      },
    )
  }
  return reportOf(context, job, last, last.endedAt)
}

function reportOf({ clock }: Context, job: Job, last: Drill, endedAt: Date): Reply {
  const items = worstFirst(last.items)
  const words = last.result === 'stopped' ? 'was stopped' : countWords(items)
  const own = (text: string): string => text.replaceAll('<job>', job.name)
  return done('drill-report', `Drill ${last.number} of ${job.name}: ${words}.`, {
    facts: {
      When: `${formatTime(last.endedAt ?? endedAt, clock.now())}, asked by ${last.askedBy}`,
      ...Object.fromEntries(items.flatMap((item) => fixes(item, own))),
    },
    table: {
      columns: ['level', 'item', 'evidence'],
      rows: items.map((item) => [item.level, item.name, own(item.evidence)]),
    },
    actions: nextSteps(job),
    data: {
      job: job.name,
      drill: last.number,
      running: false,
      result: last.result,
      items: items.map((item) => ({ ...item, evidence: own(item.evidence), fix: item.fix.map(own) })),
    },
  })
}

/** A line to copy for each step, under a name that says to which item it belongs. */
function fixes(item: DrillItem, own: (text: string) => string): [string, string][] {
  return item.fix.map((line, at) => [
    `Fix: ${item.name}${item.fix.length === 1 ? '' : ` (${at + 1})`}`,
    own(line),
  ])
}
