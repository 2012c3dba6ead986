import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { callBot } from '../../../agent/protocol/bot-client.ts'

let answer = ''
const server = createServer((_request, response) => {
  response.statusCode = 403
  response.end(answer)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
afterAll(() => server.close())

const ask = (): Promise<unknown> =>
  callBot({
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    path: '/api/agents/enrol',
    message: {},
    reply: z.object({}),
  })

describe('a refusal of the bot', () => {
  it('is told in the bot’s own sentence', async () => {
    answer = JSON.stringify({ error: 'The code is unknown, has expired or was used already.' })
    await expect(ask()).rejects.toThrow(/^The code is unknown, has expired or was used already\. \(403\)$/)
  })

  it.each(['<html>forbidden</html>', '{"other":1}', 'null'])(
    'is told as it is when it is %s',
    async (text) => {
      answer = text
      await expect(ask()).rejects.toThrow(`the bot answered 403: ${text}`)
    },
  )
})
