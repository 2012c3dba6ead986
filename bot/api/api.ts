/** The API: commands for the CLI and the Action, the machine API, and health. */
import type { IncomingMessage } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { App } from '../../core/app/assemble.ts'
import type { Reply } from '../../core/commands/reply.ts'
import type { Door } from '../server.ts'
import { readAsked } from './ask.ts'
import { createCallers } from './callers.ts'

const COMMAND_BYTES = 65_536

interface Bindings {
  readonly incoming: IncomingMessage
}

export function createApi(app: App): Door {
  const api = new Hono<{ Bindings: Bindings }>()
  const callers = createCallers(app)

  api.get('/healthz', (context) => context.text('ok\n'))

  api.get('/readyz', async (context) => {
    try {
      await app.ready()
      return context.text('ready\n')
    } catch {
      return context.text('The database does not answer.\n', 503)
    }
  })

  // A run shows GitHub's token once and goes on with the session it is given.
  api.post('/api/workflow-sessions', async (context) => {
    const given = await callers.signIn(context.req.header('authorization'))
    return 'status' in given ? context.json(given.reply, given.status) : context.json(given)
  })

  api.post(
    '/api/commands',
    bodyLimit({
      maxSize: COMMAND_BYTES,
      onError: (context) =>
        context.json(refused('bad-request', `The body is longer than ${COMMAND_BYTES} bytes.`), 413),
    }),
    async (context) => {
      // Who asks is settled before what they ask is looked at.
      const caller = await callers.identify(context.req.header('authorization'))
      if ('status' in caller) return context.json(caller.reply, caller.status)
      const asked = readAsked(await context.req.json<unknown>().catch(() => undefined))
      if ('problem' in asked) return context.json(refused('bad-request', asked.problem), 400)
      const { args, confirmed, dryRun } = asked
      const key = context.req.header('idempotency-key')
      if (key !== undefined && !/^[\x21-\x7e]{1,300}$/.test(key))
        return context.json(
          refused('bad-request', 'Idempotency-Key is not 1 to 300 visible characters.'),
          400,
        )
      // A run comes through the Action whatever it says; a person's program says through which door it asks.
      const who = caller.who.door === 'cli' ? { ...caller.who, door: asked.door } : caller.who
      const reply = await app.execute(
        asked.isText ? asked.command : { command: asked.command, raw: {} },
        who,
        { args, confirmed, dryRun, ...(key === undefined ? {} : { key: `${caller.scope} ${key}` }) },
      )
      return context.json(reply, statusOf(reply))
    },
  )

  api.all('/api/*', async (context) => {
    const address = context.env.incoming.socket.remoteAddress
    return (await app.machines.handle(context.req.raw, address)) ?? context.notFound()
  })

  api.notFound((context) => context.json(refused('no-such-path', 'There is nothing under this path.'), 404))
  api.onError((error, context) => {
    app.log.error('a request failed unexpectedly', { error, path: context.req.path })
    return context.json(
      { ...refused('internal', 'Ferry met a problem it does not know.'), error: 'internal' },
      500,
    )
  })

  return getRequestListener((request, env) => api.fetch(request, env), {
    overrideGlobalObjects: false,
  })
}

/** 200 for what was done or accepted; a refusal is a conflict with how things stand, unless its code says more. */
function statusOf(reply: Reply): 200 | 403 | 409 | 500 | 503 {
  if (reply.outcome !== 'refused') return 200
  switch (reply.code) {
    case 'not-allowed':
    case 'job-not-allowed':
    case 'person-not-known':
      return 403
    case 'internal':
      return 500
    case 'unavailable':
      return 503
    default:
      return 409
  }
}

function refused(code: string, title: string): Reply {
  return { outcome: 'refused', code, title, facts: {} }
}
