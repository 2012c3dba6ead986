/** The post step: runs whatever became of the step, also when the runner has killed it. */
import { getState, notice } from '@actions/core'
import { text } from '../core/commands/markdown.ts'
import type { Bot } from './bot.ts'
import type { Inputs } from './inputs.ts'
import { plainLine, say } from './log.ts'
import { writeSummary } from './report.ts'
import type { GoingOn } from './stop.ts'
import { stop } from './stop.ts'

/** Stops what a killed step has left going on, and says how things stand. Never fails the job: the step has done so. */
export async function afterStep(bot: Bot, inputs: Inputs, key: string): Promise<void> {
  const going = goingOn(getState('going'))
  const isReported = getState('step') === 'reported'
  if (going === undefined)
    return say(
      isReported
        ? 'Ferry: nothing was left to do.'
        : 'Ferry: the step has ended without an answer, and whether its command was begun is not known; `audit` tells.',
    )
  // A step that ended by its time-out leaves Ferry at work on purpose; only one that was cut short is stopped.
  const wasCut = !isReported || getState('cancelled') === 'true'
  try {
    const onCancel = wasCut ? inputs.onCancel : 'leave'
    await tell(await stop(bot, going, onCancel, key))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    await tell(`${going.job ?? `request ${going.approval ?? ''}`} was left as it is: ${why}`)
  }
}

async function tell(sentence: string): Promise<void> {
  notice(plainLine(sentence), { title: 'Ferry, after the step' })
  await writeSummary(`\n**After the step:** ${text(sentence)}\n`)
}

function goingOn(state: string): GoingOn | undefined {
  return state === '' ? undefined : (JSON.parse(state) as GoingOn)
}
