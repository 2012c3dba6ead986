/** Runs one invocation for one person: rights, then the command; every ending is a reply. */
import { mayAct } from '../domain/policy.ts'
import { visible } from './args.ts'
import type { Asker, Command, Context } from './define.ts'
import { refuseWide } from './limits.ts'
import type { Invocation } from './read.ts'
import type { Reply } from './reply.ts'
import { Pending, Refusal } from './reply.ts'

/**
 * Answers an invocation. Refusals and requests for approval are replies like any other; only a bug or an unreachable
 * database throws. What was refused is written to the audit too, reads excepted (C9).
 */
export async function execute(
  invocation: Invocation,
  catalogue: readonly Command[],
  context: Omit<Context, 'invocation' | 'catalogue'>,
): Promise<Reply> {
  const command = catalogue.find((candidate) => candidate.name === invocation.command)
  const whole: Context = { ...context, invocation, catalogue }
  try {
    if (command === undefined)
      throw new Refusal('not-understood', `There is no command ${invocation.command}.`)
    refuseWithoutRight(context.person, command, invocation.raw)
    // Only what passes a final step can be asked for without being done.
    if (context.gate !== undefined && command.effect !== 'final')
      throw new Refusal('not-final', `${command.name} is nothing that a workflow waits for at a gate.`)
    return await command.execute(invocation.raw, whole)
  } catch (error) {
    if (error instanceof Pending) return error.answer
    if (!(error instanceof Refusal)) throw error
    if (command !== undefined && command.effect !== 'read' && error.code !== 'confirm')
      await context.store.audit.add(
        {
          actor: context.actor,
          action: command.name,
          outcome: `refused: ${error.code}`,
          facts: { arguments: visible(Object.values(invocation.raw).join(' ').slice(0, 200)) },
        },
        await jobMeant(invocation, context),
      )
    return error.reply()
  }
}

/** Refuses who has not the role for a command, or not for the job that it names. */
export function refuseWithoutRight(person: Asker, command: Command, raw: Invocation['raw']): void {
  if (!mayAct(person.role, command.role))
    throw new Refusal(
      'not-allowed',
      `${person.name} is ${person.role}; ${command.name} is for ${command.role}s. An admin can change that in ferry.yaml.`,
    )
  refuseWide(person, command, raw)
}

/** The job that a refused change was about, so that it stands in that job's audit. */
async function jobMeant({ raw }: Invocation, { store }: Pick<Context, 'store'>): Promise<string | undefined> {
  const name = raw['job']
  return name === undefined || name.includes('\u0000') ? undefined : (await store.jobs.named(name))?.id
}
