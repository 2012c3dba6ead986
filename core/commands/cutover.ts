import { counted } from '../domain/counted.ts'
import { downtimeOf, reportOf } from '../domain/cutover-report.ts'
import type { Cutover, CutoverPlan } from '../domain/cutover.ts'
import type { Job } from '../domain/job.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { isOver } from '../domain/life.ts'
import { choice, count, name, named, names, optional, text } from './args.ts'
import { cutoverChart } from './chart.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import { describeCutover, factsOf, happenedIn } from './describe-cutover.ts'
import { scoreWords } from './describe-forecast.ts'
import { cutoverNumber, findCutover } from './find-cutover.ts'
import { refuseOutside } from './limits.ts'
import { findJob } from './on-job.ts'
import { personNamed } from './person-named.ts'
import { done, Refusal } from './reply.ts'

const MOST_JOBS = 50

export const cutoverStart = defineCommand({
  name: 'cutover start',
  summary: 'Open a cutover of one or several jobs: a checklist, roles, the window’s countdown, an order',
  effect: 'change',
  legalIn: 'before the end',
  args: {
    jobs: names('the jobs, in the order in which they are moved over', MOST_JOBS),
    concurrency: named(optional(count('how many at the same time; 1 if left out', 1, 10))),
    'on-failure': named(
      optional(
        choice('whether further jobs begin after one has failed; stop if left out', ['stop', 'go-on']),
      ),
    ),
    verify: named(
      optional(choice('whether the last image is verified by itself; on if left out', ['on', 'off'])),
    ),
    lead: named(optional(text('who is asked to lead; you, if left out', 40))),
  },
  example: 'cutover start web-01 web-02 concurrency=2',
  run: async ({ jobs: wanted, concurrency = 1, verify = 'on', lead, ...args }, context) => {
    const { store, person, actor } = context
    const jobs: Job[] = []
    for (const each of wanted) jobs.push(await findJob(context, each))
    const over = jobs.find(({ state }) => isOver(state))
    if (over !== undefined)
      throw new Refusal(
        'not-legal-now',
        `${over.name} is ${STATE_LABELS[over.state]}: there is no cutover to come.`,
      )
    const at = await store.now()
    const leads = lead === undefined || lead === person.name ? undefined : personNamed(context, lead).name
    const plan: CutoverPlan = {
      ...{ startedBy: person.name, startedAt: at, concurrency, verifies: verify === 'on' },
      stopsOnFailure: args['on-failure'] !== 'go-on',
      jobs: jobs.map((job) => ({ jobId: job.id, job: job.name, ticks: {}, obstacle: null })),
      // Whoever starts it leads it until somebody else has accepted to.
      roles: leads === undefined ? { lead: person.name } : {},
      offers: leads === undefined ? [] : [{ role: 'lead', to: leads, by: person.name, at }],
      ...{ signedOff: null, ended: null },
    }
    const opened = await store.cutovers.start(
      plan,
      { actor, action: 'cutover start', outcome: 'done', facts: { jobs: wanted.join(', ') } },
      {
        severity: 'info',
        title: `${person.name} has opened a cutover of ${wanted.join(', ')}`,
      },
    )
    if (opened === undefined) throw await whyTaken(context, jobs)
    return (await describeCutover(context, opened)).reply
  },
})

async function whyTaken({ store }: Context, jobs: readonly Job[]): Promise<Refusal> {
  for (const job of jobs) {
    const [other] = await store.cutovers.open(job.id)
    if (other !== undefined)
      return new Refusal(
        'in-cutover',
        `${job.name} is in cutover ${other.number} already: \`cutover status cutover=${other.number}\` shows it.`,
      )
  }
  return new Refusal('busy', 'Another cutover of these jobs was open a moment ago. Try again.')
}

export const cutoverStatus = defineCommand({
  name: 'cutover status',
  summary: 'Show the checklist of a cutover as it truly stands, and what to do next',
  effect: 'read',
  legalIn: 'any',
  args: {
    job: optional(name('a job of it; may be left out when one cutover is open')),
    cutover: cutoverNumber,
  },
  example: 'cutover status',
  run: async ({ job, cutover: number }, context) => {
    const { store } = context
    const open = number === undefined && job === undefined ? await store.cutovers.open() : []
    if (open.length > 1) return overview(open)
    const cutover = await findCutover(context, { number, job })
    for (const each of cutover.jobs) refuseOutside(context.person, each.job)
    return (await describeCutover(context, cutover)).reply
  },
})

function overview(open: readonly Cutover[]) {
  return done('cutovers', `${counted(open.length, 'cutover')} are open.`, {
    table: {
      columns: ['cutover', 'jobs', 'lead', 'started by'],
      rows: open.map(({ number, jobs, roles, startedBy }) => [
        String(number),
        jobs.map(({ job }) => job).join(', '),
        roles.lead ?? 'nobody yet',
        startedBy,
      ]),
    },
    actions: open.slice(0, 5).map(({ number }) => ({
      ...{ label: `cutover ${number}`, command: `cutover status cutover=${number}`, effect: 'read' as const },
    })),
    data: { cutovers: open.map(({ number }) => number) },
  })
}

export const cutoverReport = defineCommand({
  name: 'cutover report',
  summary: 'Tell how a cutover went: downtime, forecasts, checklist, and everything that happened',
  effect: 'read',
  legalIn: 'any',
  args: {
    job: optional(name('a job of it; may be left out when one cutover is open')),
    cutover: cutoverNumber,
  },
  example: 'cutover report cutover=3',
  run: async ({ job, cutover: number }, context) => {
    const cutover = await findCutover(context, { number, job })
    for (const each of cutover.jobs) refuseOutside(context.person, each.job)
    return reportReply(context, cutover)
  },
})

/** The reply that ends a cutover too: its report as a page. */
export async function reportReply(context: Context, cutover: Cutover) {
  const { store } = context
  const now = await store.now()
  const [facts, timeline] = await Promise.all([factsOf(context, cutover), happenedIn(context, cutover, now)])
  const forecasts = facts.map(({ finalSync }) => {
    if (finalSync === undefined) return ''
    const { forecast, verdict } = scoreWords(finalSync)
    return verdict === '' ? forecast : `${forecast}; ${verdict}`
  })
  const markdown = reportOf(cutover, facts, timeline, forecasts, now)
  const names = cutover.jobs.map(({ job }) => job).join(', ')
  return done(
    cutover.ended === null ? 'cutover-report' : 'cutover-ended',
    `Cutover ${cutover.number} of ${names}: ${cutover.ended === null ? 'so far' : cutover.ended.result}.`,
    {
      charts: cutoverChart(
        facts.flatMap((each) =>
          each.finalSync === undefined
            ? []
            : [{ job: each.job.name, sync: each.finalSync, downtime: downtimeOf(each) }],
        ),
      ),
      document: { name: `cutover-${cutover.number}.md`, text: markdown },
      data: {
        ...{ cutover: cutover.number, result: cutover.ended?.result ?? null, markdown },
        timeline: timeline.map((entry) => ({ ...entry, at: entry.at.toISOString() })),
      },
    },
  )
}
