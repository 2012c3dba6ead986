/** Enrolment: the agent shows the one-time code and its key, and learns who it is. */
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { EnrolReply, type EnrolRequest } from '../protocol/control.ts'
import { backOffMs, BotRefusal, callBot, pause } from '../protocol/bot-client.ts'
import { failpoint } from '../protocol/failpoint.ts'
import { log, wordsOf } from '../protocol/log.ts'
import { VERSION } from '../protocol/version.ts'
import { diskAt, findDisks } from './disks.ts'
import { hostFacts } from './host.ts'
import { publicHalf, type Enrolled, type Home } from './home.ts'

/**
 * Enrols unless that was done before by this very code; by a new one, this server is enrolled anew. The same code with the same key may be shown again, so a crash in between does
 * no harm. Throws when the bot refuses the code; goes on trying while it cannot be reached.
 */
export async function enrol(
  home: Home,
  asked: { readonly server: string; readonly code: string; readonly disks: readonly string[] },
): Promise<Enrolled> {
  const codeHash = createHash('sha256').update(asked.code).digest('hex')
  const known = home.enrolled()
  if (known?.codeHash === codeHash) return known
  const signing = home.keyFor(codeHash)
  const paths = asked.disks.map((path) => resolve(path))
  const disks = paths.length > 0 ? paths.map(diskAt) : findDisks([])
  if (disks.length === 0) throw new Error('No disk was found on this server; name them with --disk.')
  const host = hostFacts()
  const message: EnrolRequest = {
    code: asked.code,
    publicKey: publicHalf(signing),
    version: VERSION,
    host,
    disks,
  }
  for (let attempt = 0; ; attempt++) {
    try {
      failpoint('agent:enrol:before')
      const reply = await callBot({
        server: asked.server,
        path: '/api/agents/enrol',
        message,
        reply: EnrolReply,
      })
      failpoint('agent:enrol:after')
      const enrolled = { ...reply, server: asked.server, disks: paths, codeHash, signing }
      home.setEnrolled(enrolled)
      return enrolled
    } catch (problem) {
      if (problem instanceof BotRefusal && problem.status >= 400 && problem.status < 500)
        throw new Error('The bot refused to enrol this server', { cause: problem })
      log('warn', 'the bot cannot be reached, trying again', { because: wordsOf(problem) })
      await pause(backOffMs(attempt, 500, 15_000))
    }
  }
}
