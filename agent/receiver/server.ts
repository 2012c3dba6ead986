/** Listens for the agent of this receiver's one job and keeps its sessions. */
import { createServer, type Server, type TLSSocket } from 'node:tls'
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

export interface ReceiverSettings {
  readonly home: Home
  readonly identity: Identity
  /** Directory of the devices. */
  readonly devices: string
  /** Address to listen on. */
  readonly listen: string
  readonly sealed: (sealed: Omit<Sealed, 'isReported'>) => void
}

/** A receiver that is listening. `port` is the one it got. */
export interface Listening {
  readonly server: Server
  readonly port: number
  readonly disks: Disks
}

function makeHost(settings: ReceiverSettings, sessions: Map<number, Session>): SessionHost {
  const { home, identity } = settings
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
      for (const session of [...sessions.values()])
        if (session !== newcomer && session.ticket && isOver(session.ticket))
          session.fail(new Fault('TICKET_REFUSED', `epoch ${epoch} has begun`))
    },
    sealed: settings.sealed,
    ended: (session) => sessions.delete(session.id),
  }
}

/** Starts to listen; agents are welcomed as soon as the disks are ready. */
export async function listen(settings: ReceiverSettings): Promise<Listening> {
  const sessions = new Map<number, Session>()
  const host = makeHost(settings, sessions)
  const key = settings.home.keys().tls
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
      const session = new Session(++opened, socket, host)
      sessions.set(session.id, session)
    },
  )
  server.maxConnections = CONNECTIONS
  server.on('tlsClientError', (problem) => log('info', 'a handshake failed', { because: wordsOf(problem) }))
  setInterval(() => sessions.forEach((session) => session.beat()), BEAT_MS).unref()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(settings.home.config.port, settings.listen, resolve)
  })
  host.disks.warm()
  return { server, port: (server.address() as AddressInfo).port, disks: host.disks }
}
