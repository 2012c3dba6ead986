/** The GitHub Action: one command to the bot, followed to its end; and, as its post step, what is left to do after it. */
import { createHash, randomUUID } from 'node:crypto'
import { getState, saveState } from '@actions/core'
import type { Bot } from './bot.ts'
import { createBot } from './bot.ts'
import type { Cancellation } from './cancel.ts'
import { listenForCancellation } from './cancel.ts'
import { createCredentials } from './credentials.ts'
import { Failure } from './failure.ts'
import type { Inputs } from './inputs.ts'
import { readInputs } from './inputs.ts'
import { say } from './log.ts'
import { afterStep } from './post.ts'
import { report } from './report.ts'
import type { Ending, Known } from './step.ts'
import { learn, runStep } from './step.ts'
import type { GoingOn } from './stop.ts'
import { stop } from './stop.ts'

async function main(): Promise<void> {
  const known: Known = { startedAt: Date.now() }
  // Only what a step has saved tells its post step that it is one.
  const isPost = getState('step') !== ''
  if (!isPost) saveState('step', 'begun')
  const inputs = readInputs(process.env)
  if ('problem' in inputs) {
    if (isPost) return
    const ending: Ending = { decision: 'failed', code: 'bad-input', title: inputs.problem }
    return report({ ending, known, asked: 'an input is missing or wrong', bot: undefined })
  }
  const cancellation = listenForCancellation()
  const bot = botOf(inputs, cancellation)
  const key = stepKey(inputs)
  if (isPost) return afterStep(bot, inputs, key)
  // Whatever goes on now is what the post step finds when this process is killed.
  const onCourse = ({ course, job, approval }: Known): void => {
    const going: GoingOn | undefined = course && { of: course.of, job, approval }
    saveState('going', going ?? '')
  }
  let ending: Ending
  let note: string | undefined
  try {
    ending = await runStep({ inputs, bot, key, cancellation, onCourse }, known)
  } catch (error) {
    ending = endingOf(error)
    if (cancellation.signal.aborted) {
      ending = { decision: 'failed', code: 'run-cancelled', title: 'The run was cancelled.' }
      note = await stopGoing(bot, inputs, key, known)
    }
  }
  const isHurried = cancellation.signal.aborted || ending.code === 'bot-unreachable'
  await report({ ending, known, asked: askedLine(inputs), note, bot: isHurried ? undefined : bot })
  // An answer that never came may have been lost on its way back: then something goes on that nobody here knows of.
  const isUnknown = known.first === undefined && LOST.includes(ending.code)
  saveState('step', isUnknown ? 'unanswered' : 'reported')
}

/** Endings after which it is not known whether the command has reached the bot. */
const LOST: readonly string[] = ['run-cancelled', 'bot-unreachable']

function botOf(inputs: Inputs, { hurry }: Cancellation): Bot {
  const parts = { server: inputs.server, patienceMs: inputs.patienceMs, hurry, say }
  return createBot({ ...parts, credentials: createCredentials(inputs, parts) })
}

async function stopGoing(bot: Bot, inputs: Inputs, key: string, known: Known): Promise<string | undefined> {
  const { course, job, approval, first } = known
  if (first === undefined)
    return 'Whether it was begun is not known: the run was cancelled before the bot had answered.'
  if (course === undefined) return undefined
  try {
    const learning: Bot = {
      ask: async (request, sameKey) => {
        const reply = await bot.ask(request, sameKey)
        learn(known, reply)
        return reply
      },
    }
    const note = await stop(learning, { of: course.of, job, approval }, inputs.onCancel, key)
    saveState('going', '')
    return note
  } catch {
    // In the state it stays as going on: the post step has more time.
    saveState('cancelled', 'true')
    return 'There was no time to stop what was begun; the post step does it.'
  }
}

function endingOf(error: unknown): Ending {
  if (error instanceof Failure) return { decision: 'failed', code: error.code, title: error.message }
  return {
    decision: 'failed',
    code: 'internal',
    title: error instanceof Error ? error.message : String(error),
  }
}

/**
 * The same for every retry of one step in one attempt of one run, another for any other step: legs of a matrix have
 * all of these in common, but not what they ask.
 */
function stepKey({ command, args, confirmed, dryRun }: Inputs): string {
  const {
    GITHUB_RUN_ID: run,
    GITHUB_RUN_ATTEMPT: attempt,
    GITHUB_JOB: job,
    GITHUB_ACTION: step,
  } = process.env
  if (!run) return randomUUID()
  const asked = JSON.stringify([command, args, confirmed, dryRun])
  const digest = createHash('sha256').update(asked).digest('hex').slice(0, 32)
  return [run, attempt ?? '1', job ?? '', step ?? '', digest].join('/').replace(/[^\x21-\x7e]/g, '_')
}

function askedLine({ command, args }: Inputs): string {
  return [command, ...Object.entries(args).map(([name, value]) => `${name}=${value}`)].join(' ')
}

main().catch((error: unknown) => {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  process.exitCode = 1
})
