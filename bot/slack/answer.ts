/** A line or an invocation of somebody in Slack: who they are, what is missing, what is answered, and who sees it. */
import type { Invocation } from '../../core/commands/read.ts'
import { readInvocation } from '../../core/commands/read.ts'
import type { Reply } from '../../core/commands/reply.ts'
import { decisionButtons } from './approval.ts'
import type { Asked } from './asked.ts'
import { tellAll, tellAsker } from './asked.ts'
import { confirmButtons } from './confirm.ts'
import { inItsRoom, sendDocument } from './files.ts'
import { follow, hasPost } from './follow.ts'
import { openForm } from './modals/open.ts'
import { plainLine } from './mentions.ts'
import { personOf } from './person.ts'
import type { SlackParts } from './parts.ts'
import { pickJob } from './picker.ts'
import { renderReply } from './render/reply.ts'
import { replyOfTrouble } from './trouble.ts'

/** Answers a line as it was typed. */
export async function answerLine(parts: SlackParts, asked: Asked, line: string): Promise<void> {
  const { app } = parts
  await refusing(parts, asked, async () => {
    personOf(parts, asked.userId)
    const text = plainLine(line, (userId) => app.slackPerson(userId)?.name)
    const invocation = readInvocation(text, app.catalogue)
    // Where more is missing than the job, a form asks for all of it at once.
    if (asked.triggerId !== undefined && lacksMore(parts, invocation))
      return openForm(parts, { ...asked, triggerId: asked.triggerId }, invocation)
    await answerInvocation(parts, asked, invocation)
  })
}

export interface AnswerOptions {
  /** The person has seen what cannot be taken back and said yes. */
  readonly confirmed?: boolean
  /** The message that was pressed is the asker's own and is replaced by what only they see. */
  readonly replace?: boolean
}

/** Carries out an invocation and tells whoever should hear of it. Returns what was answered. */
export async function answerInvocation(
  parts: SlackParts,
  asked: Asked,
  invocation: Invocation,
  options: AnswerOptions = {},
): Promise<Reply | undefined> {
  const { app } = parts
  const person = personOf(parts, asked.userId)
  const reply = await app.execute(
    invocation,
    { person, door: 'slack' },
    { confirmed: options.confirmed ?? false },
  )
  const command = app.catalogue.find(({ name }) => name === invocation.command)
  if (reply.code === 'missing-argument' && (await pickJob(parts, asked, invocation, reply))) return reply
  if (reply.code === 'confirm') {
    const buttons = await confirmButtons(parts, invocation, person.name)
    await tellAsker(parts, asked, renderReply(reply, { buttons, mark: '⚠️' }), options)
    return reply
  }
  if (invocation.command === 'watch' && hasPost(reply)) await follow(parts, asked, reply)
  const isTheirs = reply.isPrivate === true || reply.isAnswer === true
  if (reply.outcome === 'refused' || command?.effect === 'read' || isTheirs) {
    const buttons = reply.code === 'request' ? { buttons: await decisionButtons(parts, reply) } : {}
    await tellAsker(parts, asked, renderReply(reply, buttons), options)
    await sendDocument(parts, asked, reply)
    return reply
  }
  const isFollowed = hasPost(reply) && asked.place !== undefined
  const hasCharts = (reply.charts ?? []).length > 0
  const hasDetail = Object.keys(reply.facts).length > 0 || reply.table !== undefined || hasCharts
  // Of a cutover the reply tells how it stands, not what was done.
  const isStep = typeof reply.data?.['cutover'] === 'number'
  const by = isStep ? `${person.name} (${saidOf(parts, invocation)})` : person.name
  const short = renderReply(isFollowed ? headOf(reply) : reply, { by, facts: false })
  await tellAll(parts, asked, {
    short,
    ...(hasDetail && !isFollowed ? { detail: renderReply({ ...reply, actions: [] }) } : {}),
    // The room above its thread shows how a cutover stands.
    inThread: (isStep && !hasCharts) || isFollowed ? short : renderReply(reply, { by }),
    whole: renderReply(reply, { by }),
  })
  if (isFollowed) await follow(parts, asked, reply)
  if (reply.document !== undefined) await sendDocument(parts, await inItsRoom(parts, asked, reply), reply)
  return reply
}

/** What was asked, as people say it in the room: `cutover check verify web-01`. */
function saidOf({ app }: SlackParts, { command, raw }: Invocation): string {
  const { args = {} } = app.catalogue.find(({ name }) => name === command) ?? {}
  const words = Object.keys(args).flatMap((key) => {
    const value = raw[key]
    if (value === undefined || key === 'cutover') return []
    return value === 'true' ? `--${key}` : value
  })
  return [command, ...words].join(' ')
}

/** Of what is followed: that has a message of its own, with its own bars and buttons. */
const headOf = ({ outcome, code, title }: Reply): Reply => ({ outcome, code, title, facts: {} })

/** Runs `work`; what went wrong on the way is told to the one who asked. Throws only what Slack itself refuses. */
export async function refusing(parts: SlackParts, asked: Asked, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    await tellAsker(parts, asked, renderReply(replyOfTrouble(parts, error)))
  }
}

/** Whether arguments beside the job are missing that the command cannot do without. */
function lacksMore({ app }: SlackParts, { command, raw }: Invocation): boolean {
  const { args = {} } = app.catalogue.find(({ name }) => name === command) ?? {}
  const missing = Object.entries(args)
    .filter(([key, arg]) => arg.required && raw[key] === undefined)
    .map(([key]) => key)
  return missing.length > 0 && (command === 'create' || missing.some((key) => key !== 'job'))
}
