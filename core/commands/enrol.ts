import { formatTime } from '../domain/duration.ts'
import { hashSecret } from '../domain/secret.ts'
import { name } from './args.ts'
import { defineCommand } from './define.ts'
import { done } from './reply.ts'

/** How long an enrolment code may be used. */
const CODE_LIFE_MS = 24 * 3_600_000

export const enrol = defineCommand({
  name: 'enrol',
  summary: 'Let a source in: a one-time code and the command to run there',
  effect: 'change',
  args: { source: name('the name of the source, such as web-01') },
  example: 'enrol web-01',
  run: async ({ source }, { store, clock, actor, secret, serverUrl, agentDigest }) => {
    const code = secret()
    const expiresAt = new Date(clock.now().getTime() + CODE_LIFE_MS)
    const before = await store.sources.named(source)
    await store.sources.invite(source, hashSecret(code), expiresAt, {
      actor,
      action: 'enrol',
      outcome: 'code made',
      facts: { source },
    })
    return done(
      'enrolled',
      `The code for ${source} works once, until ${formatTime(expiresAt, clock.now())}.`,
      {
        facts: {
          Code: code,
          'On the source': installCommand(serverUrl, agentDigest, code),
          ...(before?.agent === undefined
            ? {}
            : { Note: `${source} has an agent already; the new one replaces it as soon as it enrols.` }),
        },
        isPrivate: true,
        data: { source, code, expiresAt: expiresAt.toISOString(), server: serverUrl },
      },
    )
  },
})

function installCommand(server: string, digest: string | undefined, code: string): string {
  const run = `node ferry-agent.mjs --server ${server} --code ${code}`
  if (digest === undefined) return run
  return [
    `curl -fsS -H 'authorization: Bearer ${code}' -o ferry-agent.mjs ${server}/api/bundles/ferry-agent.mjs/${digest}`,
    `echo '${digest}  ferry-agent.mjs' | sha256sum -c`,
    run,
  ].join(' && ')
}
