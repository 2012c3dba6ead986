/** Stands between a client and a bot, and loses things on the way as networks and load balancers do. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What becomes of a request: a status instead of an answer; lost before or after the bot has seen it; a page. */
type Mishap =
  | number
  | 'lost'
  | 'reply lost'
  | 'a page'
  | 'a redirect'
  | { readonly status: number; readonly body: object }

export interface FlakyProxy {
  readonly url: string
  /** The next requests whose path begins so meet these, one each; later ones pass. */
  next(path: string, ...mishaps: readonly Mishap[]): void
  /** `POST /api/commands sync web-01`, in order, as far as they have come in. */
  readonly seen: readonly string[]
  stop(): Promise<void>
}

export async function startFlakyProxy(target: string): Promise<FlakyProxy> {
  const planned = new Map<string, Mishap[]>()
  const seen: string[] = []
  const server = createServer((incoming, response) => void pass(incoming, response))

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const path = incoming.url ?? '/'
    seen.push([path, textOf(body)].join(' ').trim())
    const mishap = planned.get(path)?.shift()
    if (typeof mishap === 'object')
      return void response.writeHead(mishap.status).end(JSON.stringify(mishap.body))
    if (mishap === 'lost') return void incoming.socket.destroy()
    if (mishap === 'a page')
      return void response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>no</h1>')
    if (mishap === 'a redirect') return void response.writeHead(302, { location: `${target}${path}` }).end()
    if (typeof mishap === 'number') return void response.writeHead(mishap).end('<h1>bad gateway</h1>')
    const onward = request(`${target}${path}`, { method: incoming.method, headers: incoming.headers })
    onward.on('error', () => incoming.socket.destroy())
    onward.on('response', (answer) => {
      if (mishap === 'reply lost') return void answer.resume().on('end', () => incoming.socket.destroy())
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    onward.end(body)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: (path, ...mishaps) => void planned.set(path, [...mishaps]),
    seen,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function textOf(body: Buffer): string {
  try {
    const { text = '' } = JSON.parse(body.toString()) as { text?: string }
    return text
  } catch {
    return ''
  }
}
