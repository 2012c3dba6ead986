/** Measures how fast this source sends: to the receiver of its job if there is one, else to the bot. */
import { randomBytes } from 'node:crypto'
import { callBot, type Signer } from '../../protocol/bot-client.ts'
import { Fault } from '../../protocol/fault.ts'
import { wordsOf } from '../../protocol/log.ts'
import { SpeedReply, type SpeedtestParams, type SpeedtestResult } from '../../protocol/tasks.ts'
import { WIRE_VERSION, type Message } from '../../protocol/wire.ts'
import { Link } from '../link.ts'

type Found = SpeedtestResult['network'][number]

/** The most that one way is measured for, in milliseconds. */
const SEND_MS = 3000
/** How long after that the last answer may take. */
const ANSWER_MS = 10_000
const PROBE_BYTES = 256 * 1024
/** Of text, since that is what the bot takes; it takes no more than 1 MiB at once. */
const BODY_BYTES = 1_000_000

/** Sends bytes that do not compress under a ticket without disks, which the receiver counts and throws away. Never throws. */
export async function measureReceiver(
  receiver: NonNullable<SpeedtestParams['receiver']>,
  most: number,
  signal: AbortSignal,
): Promise<Found> {
  const found = { to: 'receiver' as const, address: `${receiver.host}:${receiver.port}` }
  let answered: (message: Message) => void = () => undefined
  let broken: (fault: Fault) => void = () => undefined
  const failed = new Promise<never>((_, reject) => (broken = reject))
  failed.catch(() => undefined)
  const next = (): Promise<Message> =>
    Promise.race([new Promise<Message>((resolve) => (answered = resolve)), failed])
  const stop = (): void => broken(new Fault('PROTOCOL', 'it was stopped'))
  signal.addEventListener('abort', stop)
  const patience = setTimeout(
    () => broken(new Fault('RECEIVER_UNREACHABLE', 'it did not answer in time')),
    SEND_MS + ANSWER_MS,
  )
  let link: Link | undefined
  let sent = 0
  try {
    let probed = 0
    link = await Link.open(receiver, {
      message: (message) => {
        if (message.type === 'probed') probed = message.bytes
        answered(message)
      },
      closed: broken,
      sent: () => undefined,
    })
    const welcome = next()
    link.say({
      type: 'hello',
      ...{ version: WIRE_VERSION, ticket: receiver.ticket, connection: 0, wantsGroups: false },
    })
    await welcome
    const body = randomBytes(PROBE_BYTES)
    const start = performance.now()
    while (sent < most && performance.now() - start < SEND_MS) {
      link.say({ type: 'probe', body })
      sent += body.length
      await Promise.race([link.drained(), failed])
    }
    while (probed < sent) await next()
    const seconds = (performance.now() - start) / 1000
    return { ...found, sentBytes: sent, bytesPerSecond: sent / seconds, detail: 'over TLS, one connection' }
  } catch (problem) {
    return { ...found, sentBytes: sent, bytesPerSecond: null, detail: wordsOf(problem).slice(0, 500) }
  } finally {
    clearTimeout(patience)
    signal.removeEventListener('abort', stop)
    link?.close()
  }
}

/** Sends text to the bot, one signed request after the other. Never throws. */
export async function measureBot(
  server: string,
  signer: Signer,
  most: number,
  signal: AbortSignal,
): Promise<Found> {
  const found = { to: 'bot' as const, address: server.slice(0, 300) }
  const message = randomBytes((BODY_BYTES * 3) / 4).toString('base64')
  let sent = 0
  try {
    const start = performance.now()
    while (sent + BODY_BYTES <= most && performance.now() - start < SEND_MS) {
      await callBot({ server, path: '/api/agents/speed', message, reply: SpeedReply, signer, signal })
      sent += BODY_BYTES
    }
    if (sent === 0) return { ...found, sentBytes: 0, bytesPerSecond: null, detail: 'nothing was to be sent' }
    const seconds = (performance.now() - start) / 1000
    const detail = 'no receiver yet: HTTP requests of 1 MB, one after the other'
    return { ...found, sentBytes: sent, bytesPerSecond: sent / seconds, detail }
  } catch (problem) {
    return { ...found, sentBytes: sent, bytesPerSecond: null, detail: wordsOf(problem).slice(0, 500) }
  }
}
