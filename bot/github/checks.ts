/** The buttons of a check: what is legal now, pressed by somebody who may. */
import type { CheckEvent } from './events.ts'
import type { GitHubParts } from './parts.ts'
import { mayWrite, permissionOf } from './rights.ts'

/** GitHub takes three buttons, and 20 characters to tell them apart. */
export const BUTTONS = ['retry', 'resume', 'pause'] as const

/** How a check is called, so that its buttons are known to be about a job. `post`: what keeps it true. */
export function externalId(job: string, post: string): string {
  return `${job}/${post}`
}

/** Presses a button. Repeatable: it happens once. */
export async function pressButton(
  { app, client }: GitHubParts,
  delivery: string,
  event: CheckEvent,
): Promise<string> {
  const job = event.externalId.split('/')[0] ?? ''
  const button = BUTTONS.find((name) => name === event.button)
  if (button === undefined || job === '') return 'no button of Ferry'
  const call = await client.in(event.repository, event.installation)
  // The check shows how the sync stands and has no room for a word to one person: that goes to the log.
  const tell = (sentence: string): string => {
    app.log.info('a button of a check was refused', { button, job, person: event.from.login, sentence })
    return sentence
  }
  const level = await permissionOf(call, event.from.login)
  if (!mayWrite(level))
    return tell(`${event.from.login} has ${level} permission in ${event.repository}; ${button} needs write.`)
  const person = app.github.person(event.from)
  if (person === undefined)
    return tell(
      `Ferry does not know ${event.from.login}: an admin adds github_id: ${event.from.id} to their entry in ferry.yaml.`,
    )
  const key = `github ${delivery}`
  const reply = await app.execute({ command: button, raw: { job } }, { person, door: 'github' }, { key })
  return reply.outcome === 'refused' ? tell(reply.title) : reply.code
}
