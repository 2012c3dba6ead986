import type { Context } from './define.ts'
import { name, named, text } from './args.ts'
import { defineCommand } from './define.ts'
import { describeJob } from './describe-job.ts'
import { freezeWords } from './held.ts'
import { changeJob } from './on-job.ts'
import type { Reply } from './reply.ts'
import { done, Refusal } from './reply.ts'

const ALL = 'all'
const job = {
  ...name('the job, or all'),
  parse: (text: string) => (text === ALL ? text : name('').parse(text)),
}

export const freeze = defineCommand({
  name: 'freeze',
  summary: 'Let no sync start and nothing complete, of one job or of all, until unfreeze; what runs goes on',
  effect: 'change',
  legalIn: 'any',
  args: { job, reason: named(text('why, for those who meet the freeze')) },
  example: "freeze all reason='change stop until Monday'",
  run: async ({ job: jobName, reason }, context) => {
    const { store, person } = context
    if (jobName === ALL) return freezeAll(context, reason)
    const mine = { by: person.name, at: await store.now(), reason }
    const { after, voided } = await changeJob(context, jobName, (found) => {
      if (found.frozen !== null)
        throw new Refusal(
          'already-frozen',
          `${jobName} is frozen already ${freezeWords(found.frozen, mine.at)}.`,
        )
      return {
        set: { frozen: mine },
        facts: { reason },
        notices: [{ severity: 'warning', title: `${person.name} has frozen ${jobName}: ${reason}` }],
      }
    })
    return done(
      'frozen',
      `${jobName} is frozen: no sync starts and it is not completed until \`unfreeze ${jobName}\`.`,
      await describeJob(context, after, voided),
    )
  },
})

export const unfreeze = defineCommand({
  name: 'unfreeze',
  summary: 'Lift a freeze; a sync that was due meanwhile starts at once',
  effect: 'change',
  legalIn: 'any',
  args: { job },
  example: 'unfreeze all',
  run: async ({ job: jobName }, context) => {
    const { store, person } = context
    if (jobName === ALL) return unfreezeAll(context)
    const { after, voided } = await changeJob(context, jobName, async (found) => {
      if (found.frozen === null)
        throw new Refusal(
          'not-frozen',
          `${jobName} is not frozen by itself.${(await store.freezes.ofAll()) === undefined ? '' : ' All jobs are: `unfreeze all` lifts that.'}`,
        )
      return {
        set: { frozen: null },
        facts: { frozenBy: found.frozen.by },
        notices: [{ severity: 'info', title: `${person.name} has unfrozen ${jobName}` }],
      }
    })
    return done('unfrozen', `${jobName} is unfrozen.`, await describeJob(context, after, voided))
  },
})

async function freezeAll({ store, person, actor }: Context, reason: string): Promise<Reply> {
  const isDone = await store.freezes.freezeAll(
    { by: person.name, reason },
    { actor, action: 'freeze', outcome: 'all', facts: { reason } },
    { severity: 'warning', title: `${person.name} has frozen all jobs: ${reason}` },
  )
  const [standing, now] = await Promise.all([store.freezes.ofAll(), store.now()])
  if (!isDone)
    throw new Refusal(
      'already-frozen',
      standing === undefined
        ? 'All jobs were frozen already and have been unfrozen at this moment. Try again.'
        : `All jobs are frozen already ${freezeWords(standing, now)}.`,
    )
  const underWay = (await store.jobs.list()).filter(
    ({ state }) => state === 'syncing' || state === 'preparing',
  )
  return done(
    'frozen',
    'All jobs are frozen: no sync starts and nothing is completed until `unfreeze all`.',
    {
      facts: {
        Reason: reason,
        'Goes on': underWay.map((other) => other.name).join(', ') || 'nothing: no sync is running',
      },
      data: { all: true, underWay: underWay.map((other) => other.name) },
    },
  )
}

async function unfreezeAll({ store, person, actor }: Context): Promise<Reply> {
  const isDone = await store.freezes.unfreezeAll(
    { actor, action: 'unfreeze', outcome: 'all' },
    { severity: 'info', title: `${person.name} has unfrozen all jobs` },
  )
  const frozen = (await store.jobs.list()).filter((other) => other.frozen !== null).map((other) => other.name)
  const still = frozen.length === 0 ? '' : ` Frozen by themselves and still so: ${frozen.join(', ')}.`
  if (!isDone) throw new Refusal('not-frozen', `There is no freeze of all jobs.${still}`)
  return done('unfrozen', `The freeze of all jobs is lifted.${still}`, { data: { all: true, frozen } })
}
