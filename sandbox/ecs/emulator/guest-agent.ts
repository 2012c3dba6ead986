/**
 * Speaks with QEMU's guest agent in a machine (qemu-ga: JSON, one object per line). The agent hears one speaker at a
 * time, and what an earlier one left unread may come first: so speakers queue, and each begins by a sync.
 */
import { randomInt } from 'node:crypto'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

const queues = new Map<string, Promise<unknown>>()

interface GuestReply {
  readonly return?: unknown
  readonly error?: { readonly desc?: string }
}

/** Asks the agent behind a socket one thing. Undefined when it does not answer within `ms`. Never throws. */
export async function askGuest(
  path: string,
  execute: string,
  args: object | undefined,
  ms: number,
): Promise<GuestReply | undefined> {
  const before = queues.get(path) ?? Promise.resolve()
  const asked = before.then(() => speak(path, execute, args, ms))
  queues.set(path, asked)
  const reply = await asked
  if (queues.get(path) === asked) queues.delete(path)
  return reply
}

function speak(
  path: string,
  execute: string,
  args: object | undefined,
  ms: number,
): Promise<GuestReply | undefined> {
  return new Promise((resolve) => {
    const id = randomInt(1, 2 ** 31)
    const socket: Socket = connect(path)
    const end = (reply: GuestReply | undefined): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(reply)
    }
    const timer = setTimeout(() => end(undefined), ms)
    let text = ''
    let isInStep = false
    socket.setEncoding('latin1')
    socket.on('error', () => end(undefined))
    socket.on('close', () => end(undefined))
    socket.on('connect', () => {
      // The byte 0xFF makes the agent forget half a request that somebody else began.
      socket.write(Buffer.from([0xff]))
      socket.write(`${JSON.stringify({ execute: 'guest-sync-delimited', arguments: { id } })}\n`)
    })
    socket.on('data', (chunk: string) => {
      text += chunk
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n')) {
        const reply = parsed(text.slice(0, at).replace(/^[^{]*/, ''))
        text = text.slice(at + 1)
        if (isInStep && reply !== undefined) return end(reply)
        if (!isInStep && reply?.return === id) {
          isInStep = true
          socket.write(`${JSON.stringify({ execute, ...(args === undefined ? {} : { arguments: args }) })}\n`)
        }
      }
    })
  })
}

function parsed(line: string): GuestReply | undefined {
  try {
    return JSON.parse(line) as GuestReply
  } catch {
    return undefined
  }
}
