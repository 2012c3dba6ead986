/** Slack: `/ferry <command>` over Bolt. It can ask so far, not change. */
import { App as BoltApp, HTTPReceiver } from '@slack/bolt'
import type { RespondFn } from '@slack/bolt'
import type { App } from '../../core/app/assemble.ts'
import { readInvocation } from '../../core/commands/read.ts'
import type { Reply } from '../../core/commands/reply.ts'
import { Refusal } from '../../core/commands/reply.ts'
import type { Door } from '../server.ts'
import { boltLogger } from './bolt-log.ts'
import { slackFront } from './front.ts'
import { renderSlack } from './render.ts'

export interface SlackSettings {
  readonly signingSecret: string
  readonly botToken: string
  readonly apiUrl: string
}

/** Slack waits 3 s for the first answer; what is not known by then is sent after it. */
const ANSWER_WITHIN_MS = 2000
const RESPONSE_URL = 'https://hooks.slack.com/'

export function createSlack(app: App, settings: SlackSettings): Door {
  const logger = boltLogger(app.log)
  const receiver = new HTTPReceiver({
    signingSecret: settings.signingSecret,
    endpoints: ['/slack/events'],
    logger,
  })
  const slack = new BoltApp({
    receiver,
    // Given here, Bolt need not ask Slack who it is before it can answer the first command.
    authorize: async () => ({ botToken: settings.botToken }),
    clientOptions: { slackApiUrl: settings.apiUrl },
    logger,
  })

  slack.command(/.*/, async ({ command, ack, respond }) => {
    const answer = answerSlack(app, plainText(command.text), command.user_id)
    const inTime = await Promise.race([answer, after(ANSWER_WITHIN_MS)])
    if (inTime !== undefined) return ack({ response_type: 'ephemeral', ...renderSlack(inTime) })
    await ack({ response_type: 'ephemeral', text: 'Ferry is looking…' })
    await sendLater(respond, command.response_url, await answer)
  })

  return slackFront(
    {
      signingSecret: settings.signingSecret,
      now: () => app.now(),
      firstSeen: (key, ttl) => app.firstSeen(key, ttl),
    },
    (request, response) => receiver.requestListener(request, response),
  )
}

/** What a person in Slack is answered. */
export async function answerSlack(app: App, text: string, userId: string): Promise<Reply> {
  const person = app.slackPerson(userId)
  if (person === undefined)
    return refused(
      'not-known',
      `Ferry does not know you: an admin adds \`slack: ${userId}\` to your entry in ferry.yaml.`,
    )
  try {
    const invocation = readInvocation(text, app.catalogue)
    const command = app.catalogue.find((candidate) => candidate.name === invocation.command)
    if (command?.effect !== 'read')
      return refused(
        'read-only-door',
        `Slack can only ask so far, not change anything. In a terminal: npm run ferry -- ${text.trim()}`,
      )
    return await app.execute(invocation, { person, door: 'slack' })
  } catch (error) {
    if (error instanceof Refusal) return error.reply()
    throw error
  }
}

/** Slack escapes three characters and bends quotes as people type them; the grammar wants the plain ones. */
export function plainText(text: string): string {
  return text
    .replace(/[“”]/g, '"')
    .replace(/[‘’]/g, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
}

/** Only to Slack itself: the address came with the request. */
async function sendLater(respond: RespondFn, url: string, reply: Reply): Promise<void> {
  if (!url.startsWith(RESPONSE_URL)) return
  await respond({ response_type: 'ephemeral', ...renderSlack(reply) })
}

const after = (ms: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref())

function refused(code: string, title: string): Reply {
  return { outcome: 'refused', code, title, facts: {} }
}
