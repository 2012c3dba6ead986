/** What is left of a step when it has ended: outputs, the page of the summary, annotations, and an honest exit status. */
import * as core from '@actions/core'
import { phasesOf } from '../core/commands/phases.ts'
import type { SyncPhases } from '../core/commands/phases.ts'
import type { Reply } from '../core/commands/reply.ts'
import type { Bot } from './bot.ts'
import { plainLine, say } from './log.ts'
import { ofJob, outputsOf, withoutSecrets } from './outputs.ts'
import type { Ending, Known } from './step.ts'
import { renderSummary } from './summary.ts'

export interface Reported {
  readonly ending: Ending
  readonly known: Known
  readonly asked: string
  readonly note?: string | undefined
  /** Undefined when the bot cannot be asked any more. */
  readonly bot: Bot | undefined
}

export async function report({ ending, known, asked, note, bot }: Reported): Promise<void> {
  const endedAt = Date.now()
  const clean = cleaned(known)
  const [phases, trouble, standing] = await Promise.all([
    phasesFrom(bot, clean),
    troubleFrom(bot, ending, clean),
    standingFrom(bot, clean),
  ])
  const outputs = outputsOf(ending, { ...clean, standing }, { command: asked, endedAt })
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value)
  await writeSummary(renderSummary({ ending, known: clean, asked, endedAt, phases, trouble, note }))
  if (note !== undefined) core.notice(plainLine(note), { title: 'Ferry' })
  if (ending.decision === 'done' || ending.decision === 'accepted')
    return say(`Ferry: ${ending.decision}, ${ending.code}`)
  process.exitCode = 1
  const facts = trouble === undefined ? [] : ['What happened', 'Probable cause', 'What to do']
  core.error(
    [`${ending.title} (${ending.code})`, ...facts.map((name) => `${name}: ${trouble?.facts[name] ?? ''}`)]
      .map(plainLine)
      .join('\n'),
    { title: plainLine(`Ferry: ${ending.decision}`) },
  )
}

/** Masks what may be seen once only, and takes it out of all that is left behind. */
function cleaned(known: Known): Known {
  if (known.first === undefined) return known
  const { reply: first, secrets } = withoutSecrets(known.first)
  for (const secret of secrets) core.setSecret(secret)
  // What follows a first answer is a status or a record: nothing in it is seen once only.
  return { ...known, first, ...(known.last === known.first ? { last: first } : {}) }
}

/** The phases of the sync that this step has begun. */
async function phasesFrom(bot: Bot | undefined, known: Known): Promise<SyncPhases | undefined> {
  if (known.syncId === undefined || known.job === undefined) return undefined
  const history = await lookUp(bot, `history ${known.job}`)
  return history && phasesOf(history, known.syncId)
}

async function troubleFrom(
  bot: Bot | undefined,
  { decision }: Ending,
  known: Known,
): Promise<Reply | undefined> {
  if (decision !== 'failed' || known.job === undefined || known.last?.data?.['state'] !== 'error')
    return undefined
  return lookUp(bot, `troubleshoot ${known.job}`)
}

/** How the job stands, unless a reply has said so. */
async function standingFrom(bot: Bot | undefined, { job, first, last }: Known): Promise<Reply | undefined> {
  const isKnown = ofJob(last) !== undefined || ofJob(first) !== undefined
  return job === undefined || isKnown ? undefined : lookUp(bot, `status ${job}`)
}

/** For show: that it cannot be had is no reason to fail. */
async function lookUp(bot: Bot | undefined, text: string): Promise<Reply | undefined> {
  const reply = await bot?.ask({ text }).catch(() => undefined)
  return reply?.outcome === 'refused' ? undefined : reply
}

export async function writeSummary(page: string): Promise<void> {
  if (process.env['GITHUB_STEP_SUMMARY']) await core.summary.addRaw(page).write()
}
