/** What the scenarios of the Action share in a file: a bot with its database, an issuer of tokens, a network between them. */
import { afterAll } from 'vitest'
import { openStore } from '../../core/adapters/postgres/store.ts'
import type { Reply } from '../../core/commands/reply.ts'
import type { Job, State } from '../../core/domain/job.ts'
import type { JobChange } from '../../core/ports/jobs.ts'
import type { Store } from '../../core/ports/store.ts'
import { anEntry } from './a-job.ts'
import type { BotOptions, TestBot } from './bot.ts'
import { startTestBot } from './bot.ts'
import type { FlakyProxy } from './flaky-proxy.ts'
import { startFlakyProxy } from './flaky-proxy.ts'
import type { OidcIssuer } from './oidc-issuer.ts'
import { ruleFor, startOidcIssuer } from './oidc-issuer.ts'
import type { Ended, Inputs, Run, Step } from './runner.ts'
import { runPost, runStep, startStep } from './runner.ts'

interface ActionRig {
  readonly issuer: OidcIssuer
  readonly net: FlakyProxy
  readonly store: Store
  readonly bot: TestBot
  /** Stops the bot and starts it again at the same place. */
  readonly restart: (downMs?: number) => Promise<void>
  /** Runs a step with OIDC at hand and `net` as its server; inputs and environment may say otherwise. */
  readonly act: (inputs: Inputs, run?: Run) => Promise<Ended>
  readonly begin: (inputs: Inputs, run?: Run) => Step
  readonly post: (inputs: Inputs, after: Ended, run?: Run) => Promise<Ended>
  /** Asks as a person does. */
  readonly ask: (person: string, text: string, args?: Inputs) => Promise<Reply>
  /** Brings a job on, as the engine would. */
  readonly bring: (job: Pick<Job, 'id'>, state: State, more?: Omit<JobChange, 'audit'>) => Promise<void>
}

export async function startActionRig(
  rules: (issuer: string) => readonly object[] = (url) => [ruleFor(url)],
): Promise<ActionRig> {
  const issuer = await startOidcIssuer()
  const options: BotOptions = {
    workflows: { audience: 'https://ferry.acme.example', rules: rules(issuer.url) },
    // No door of Slack: nothing of it is asked here.
    env: { SLACK_SIGNING_SECRET: undefined, SLACK_BOT_TOKEN: undefined },
    people: { operator: { github_id: 5001 }, viewer: { github_id: 5002 }, approver: { github_id: 5003 } },
  }
  let bot = await startTestBot(options)
  const net = await startFlakyProxy(bot.url)
  const store = await openStore(bot.databaseUrl)
  afterAll(async () => {
    await store.close()
    await net.stop()
    await bot.stop()
    await issuer.stop()
  })
  const inputsOf = (inputs: Inputs): Inputs => ({
    ...{ 'server-url': net.url, audience: 'https://ferry.acme.example', patience: '8s', timeout: '30s' },
    ...inputs,
  })
  const runOf = (run: Run = {}): Run => ({ ...run, env: { ...issuer.env, ...run.env } })
  return {
    ...{ issuer, net, store },
    get bot() {
      return bot
    },
    restart: async (downMs = 0) => {
      await bot.stop()
      await new Promise((resolve) => setTimeout(resolve, downMs))
      bot = await startTestBot({ ...options, again: bot })
    },
    act: (inputs, run) => runStep(inputsOf(inputs), runOf(run)),
    begin: (inputs, run) => startStep(inputsOf(inputs), runOf(run)),
    post: (inputs, after, run) => runPost(inputsOf(inputs), after, runOf(run)),
    ask: async (person, text, args = {}) => {
      const response = await fetch(`${bot.url}/api/commands`, {
        method: 'POST',
        headers: { authorization: `Bearer ${person}` },
        body: JSON.stringify({ text, args, confirmed: true }),
      })
      return (await response.json()) as Reply
    },
    bring: async ({ id }, state, more = {}) => {
      const job = await store.jobs.byId(id)
      const set = { state, ...more.set }
      const after = job && (await store.jobs.change(job, { ...more, set, audit: anEntry(state) }))
      if (after === undefined) throw new Error(`the job could not be brought to ${state}`)
    },
  }
}
