import { costWords, formatCost, knownCosts, sumOf } from '../domain/cost.ts'
import { counted } from '../domain/counted.ts'
import { formatDuration, formatTime } from '../domain/duration.ts'
import { releaseTimeOf } from '../domain/launch.ts'
import type { Resource } from '../ports/store.ts'
import { name, optional } from './args.ts'
import { defineCommand } from './define.ts'
import { findJob } from './on-job.ts'
import { done } from './reply.ts'

export const resources = defineCommand({
  name: 'resources',
  summary: 'List what Ferry holds in the cloud, why, since when, and what it costs an hour',
  effect: 'read',
  legalIn: 'any',
  args: { job: optional(name('the job; all if left out')) },
  example: 'resources web-01',
  run: async ({ job: jobName }, context) => {
    const { store, clock } = context
    const job = jobName === undefined ? undefined : await findJob(context, jobName)
    const open = await store.ledger.open(job?.id)
    const jobs = new Map((await store.jobs.list({ all: true })).map((other) => [other.id, other.name]))
    const nameOf = ({ jobId }: Resource): string => jobs.get(jobId) ?? jobId
    const now = clock.now()
    const running = open.filter(({ kind, cloudId }) => kind === 'instance' && cloudId !== null).length
    return done(
      'resources',
      open.length === 0
        ? 'Ferry holds nothing in the cloud.'
        : `${counted(open.length, 'resource')}; ${running === 0 ? 'no instance is running' : `${counted(running, 'instance is', 'instances are')} billed by the hour`}.`,
      {
        facts: sums(open, nameOf, now),
        table: {
          columns: ['job', 'kind', 'id', 'address', 'what', 'why', 'for', 'per hour'],
          rows: open.map((resource) => [
            nameOf(resource),
            resource.kind,
            resource.cloudId ?? 'being created',
            resource.address ?? '',
            resource.price?.what ?? '',
            whyWords(resource, now),
            formatDuration(now.getTime() - resource.intendedAt.getTime()),
            priceWords(resource),
          ]),
        },
        data: {
          resources: open.map((resource) => ({
            job: nameOf(resource),
            kind: resource.kind,
            id: resource.cloudId,
            address: resource.address,
            what: resource.price?.what ?? null,
            purpose: resource.purpose,
            outlivesJob: resource.outlivesJob,
            since: resource.intendedAt.toISOString(),
            perHour: resource.price?.perHour ?? null,
            currency: resource.price?.currency ?? null,
            pricedAt: resource.price?.at.toISOString() ?? null,
          })),
          perHour: sumOf(knownCosts(open).costs),
        },
      },
    )
  },
})

function whyWords(resource: Resource, now: Date): string {
  const { purpose, releaseAskedBy, outlivesJob } = resource
  if (releaseAskedBy !== null) return `${purpose}, being released`
  if (!outlivesJob) return purpose
  const end = releaseTimeOf(resource)
  return `${purpose}, until ${end === undefined ? '' : `${formatTime(end, now)} or `}\`release\``
}

function priceWords({ price }: Resource): string {
  if (price === null) return 'not known yet'
  if (price.perHour === 0) return 'nothing'
  return price.perHour === null || price.currency === null
    ? 'not known'
    : formatCost({ perHour: price.perHour, currency: price.currency })
}

/** What each job costs and all of them, and how old the prices are. */
function sums(
  open: readonly Resource[],
  nameOf: (resource: Resource) => string,
  now: Date,
): Readonly<Record<string, string>> {
  if (open.length === 0) return {}
  const facts: Record<string, string> = {}
  const names = [...new Set(open.map(nameOf))]
  if (names.length > 1)
    for (const job of names)
      facts[job] = costWords(open.filter((resource) => nameOf(resource) === job)) ?? 'not known'
  facts['In total'] = costWords(open) ?? 'not known'
  const priced = open.flatMap(({ price }) => (price === null ? [] : [price.at.getTime()]))
  if (priced.length > 0) facts['Prices as of'] = formatTime(new Date(Math.min(...priced)), now)
  if (open.some(({ kind, price }) => kind === 'snapshot' && price?.perHour === null))
    facts['Snapshots'] =
      'the cloud does not tell their price: name it in ferry.yaml (cloud.snapshot_price) to see it here'
  return facts
}
