/** A running bot with a Slack workspace in front of it, for one test file. */
import { systemClock } from '../../core/app/clock.ts'
import { createDoorWork } from '../../core/app/door-ticks.ts'
import { createLog } from '../../core/app/log.ts'
import { readPolicyFile } from '../../core/config/policy-file.ts'
import type { Store } from '../../core/ports/store.ts'
import { openStore } from '../../core/adapters/postgres/store.ts'
import type { TestBot, BotOptions } from './bot.ts'
import { PEOPLE, startTestBot } from './bot.ts'
import { eventually } from './eventually.ts'
import type { Shown, SlackPerson } from './slack-person.ts'
import { slackPerson } from './slack-person.ts'
import type { Call, SlackWorkspace } from './slack-workspace.ts'
import { openSlackWorkspace } from './slack-workspace.ts'

export interface SlackRig {
  readonly workspace: SlackWorkspace
  readonly bot: TestBot
  readonly store: Store
  /** Of the role of the same name, in the channel `migrations`; `stranger` is nobody in the policy file. */
  person(name: (typeof PEOPLE)[number] | 'stranger'): SlackPerson
  readonly channel: string
  /** The next call of this method that has been made since `from` calls were made and that looks so. */
  next(method: string, from: number, isIt?: (call: Call) => boolean): Promise<Call>
  /** What was told to the asker alone by the command typed in `work`. */
  told(work: () => Promise<unknown>): Promise<Shown>
  stop(): Promise<void>
}

interface SlackRigOptions extends BotOptions {
  /** Answers what the emulated Web API has not. */
  readonly others?: NonNullable<Parameters<typeof openSlackWorkspace>[0]['others']>
  /** Shows posts and tells notices, as the bot does by its ticks. */
  readonly shows?: boolean
}

export async function startSlackRig({ others, shows, ...options }: SlackRigOptions = {}): Promise<SlackRig> {
  const users = [...PEOPLE, 'stranger']
  const workspace = await openSlackWorkspace({
    ...{ users, channels: ['migrations', 'alarm'] },
    ...(others === undefined ? {} : { others }),
  })
  const bot = await startTestBot({
    ...options,
    people: Object.fromEntries(PEOPLE.map((name) => [name, { slack: workspace.userId(name) }])),
    env: { SLACK_API_URL: workspace.apiUrl, SLACK_BOT_TOKEN: workspace.token, ...options.env },
  })
  const store = await openStore(bot.databaseUrl)
  const work = shows === true ? showing(bot, store) : undefined
  const next: SlackRig['next'] = (method, from, isIt = () => true) =>
    eventually(`a call of ${method}`, async () =>
      workspace.calls.slice(from).find((call) => call.method === method && isIt(call)),
    )
  return {
    ...{ workspace, bot, store, next },
    channel: workspace.channelId('migrations'),
    person: (name) => slackPerson({ url: bot.url, workspace, user: name, channel: 'migrations' }),
    told: async (work) => {
      const from = workspace.calls.length
      await work()
      return (await next('respond', from)).args
    },
    stop: async () => {
      await work?.stop()
      await bot.stop()
      await store.close()
      await workspace.close()
    },
  }
}

/** What the ticks of the doors do, over and over, without an engine. */
function showing({ doors, policyPath }: TestBot, store: Store): { stop(): Promise<void> } {
  const read = readPolicyFile(policyPath)
  if ('problems' in read) throw new Error(read.problems.join(' '))
  const log = createLog({ level: process.env['FERRY_LOG_LEVEL'] ?? 'silent', secrets: [] })
  // Nobody counts here how many messages a minute has.
  const hasty = doors.map((door) => ({ ...door, showsPerMinute: 6000 }))
  const work = createDoorWork({ store, clock: systemClock, policy: () => read.policy, log }, hasty, 50)
  const stopping = new AbortController()
  const turn = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await store.outbox.deliver(work.spread)
      for (const tick of work.ticks) await tick.run(stopping.signal)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const turned = turn()
  return {
    stop: async () => {
      stopping.abort()
      await turned.catch(() => undefined)
    },
  }
}
