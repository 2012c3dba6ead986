import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** Stands before several bots at one address, and passes every connection to the one that is named. */
export class Balancer {
  readonly url: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #target = 0

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('connection', (socket) => this.#pass(socket))
  }

  static async open(): Promise<Balancer> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Balancer(server)
  }

  /** From now on connections go there; those that go elsewhere are cut, as when a health check has failed. */
  passTo(url: string): void {
    this.#target = Number(new URL(url).port)
    this.#cut()
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #pass(outer: Socket): void {
    const inner = connect(this.#target, '127.0.0.1')
    for (const socket of [outer, inner]) {
      this.#sockets.add(socket)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        outer.destroy()
        inner.destroy()
      })
      // What breaks is seen by both ends, and nobody else needs to know.
      socket.on('error', () => undefined)
    }
    outer.pipe(inner).pipe(outer)
  }

  async close(): Promise<void> {
    this.#cut()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
