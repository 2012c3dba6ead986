/** Listens for the agent of this receiver's one job and keeps its sessions. */
import { createServer, type TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { Fault } from '../protocol/fault.ts'
import { log, wordsOf } from '../protocol/log.ts'
import type { Ticket } from '../protocol/ticket.ts'
import { pinOf, selfSigned } from './certificate.ts'
import { Disks } from './disks.ts'
import type { Home, Identity, Sealed } from './home.ts'
import { Session, type SessionHost } from './session.ts'

const CONNECTIONS = 16
/** How often a waiting agent gets a sign of life, in milliseconds. */
const BEAT_MS = 5_000

interface ReceiverSettings {
  readonly identity: Identity
  /** Directory of the devices. */
  readonly devices: string
  readonly sealed: (sealed: Omit<Sealed, 'isReported'>) => void
}

/** A receiver that is listening. `port` is the one it got. */
interface Listening {
  readonly port: number
  /** From now on agents get their sessions; they are welcomed as soon as the disks are ready. */
  readonly open: (settings: ReceiverSettings) => Disks
}

function makeHost(home: Home, settings: ReceiverSettings, sessions: Map<number, Session>): SessionHost {
  const { identity } = settings
  const config = home.config
  let epoch = home.epoch()
  const disks = new Disks(
    { home: home.path, devices: settings.devices, disks: config.disks },
    {
      ack: (session, sequence) => sessions.get(session)?.ack(sequence),
      lacking: (session, disk, blocks) => sessions.get(session)?.lacking(disk, blocks),
      badBatch: (session, fault) => sessions.get(session)?.fail(new Fault('PROTOCOL', fault.detail)),
      failed: ({ code, detail }) => {
        log('error', 'the disks failed', { code, detail })
        for (const session of [...sessions.values()]) session.fail(new Fault(code as 'RECEIVER_IO', detail))
      },
    },
  )
  return {
    disks,
    machine: identity.machine,
    ticketKey: identity.ticketKey,
    tlsPin: pinOf(home.keys().tls),
    sizeOf: (index) => config.disks.find((disk) => disk.index === index)?.sizeBytes,
    admit: (ticket, newcomer) => {
      if (ticket.epoch < epoch)
        throw new Fault('TICKET_REFUSED', `epoch ${ticket.epoch} is over, ${epoch} was seen`)
      if (ticket.epoch > epoch) {
        home.setEpoch(ticket.epoch)
        epoch = ticket.epoch
      }
      // One that only measures the way has no epoch of its own.
      const isOver = (shown: Ticket): boolean => shown.disks.length > 0 && shown.epoch < epoch
      for (const session of [...sessions.values()]) {
        if (session === newcomer || !session.ticket) continue
        if (isOver(session.ticket)) session.fail(new Fault('TICKET_REFUSED', `epoch ${epoch} has begun`))
        // What the network still holds back of it has been sent again, and would be written over what came since.
        else if (session.ticket.disks.length > 0 && session.connection === newcomer.connection)
          session.fail(new Fault('PROTOCOL', 'another connection took the place of this one'))
      }
    },
    sealed: settings.sealed,
    ended: (session) => sessions.delete(session.id),
  }
}

/**
 * Listens, before anybody is told of this receiver: whoever is sent here finds it. Who comes before it is `open`, such
 * as an agent of its earlier life, is turned away and comes again.
 */
export async function listen(home: Home, address: string): Promise<Listening> {
  const sessions = new Map<number, Session>()
  let host: SessionHost | undefined
  const key = home.keys().tls
  let opened = 0
  const server = createServer(
    {
      key,
      cert: selfSigned(key),
      // Nobody shows this server a certificate: it needs no authorities.
      ca: [],
      minVersion: 'TLSv1.3',
      ciphers: 'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256',
      handshakeTimeout: 10_000,
    },
    (socket: TLSSocket) => {
      if (host === undefined) return void socket.destroy()
      const session = new Session(++opened, socket, host)
      sessions.set(session.id, session)
    },
  )
  server.maxConnections = CONNECTIONS
  server.on('tlsClientError', (problem) => log('info', 'a handshake failed', { because: wordsOf(problem) }))
  setInterval(() => sessions.forEach((session) => session.beat()), BEAT_MS).unref()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(home.config.port, address, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    open: (settings) => {
      const { disks } = (host = makeHost(home, settings, sessions))
      disks.warm()
      return disks
    },
  }
}
