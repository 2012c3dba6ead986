import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { connect, createServer, type TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { selfSigned } from '../../../agent/receiver/certificate.ts'
import { readInto } from '../../../agent/receiver/read-into.ts'

const open: { destroy?: () => unknown; close?: () => unknown }[] = []
afterEach(() => {
  for (const each of open.splice(0)) {
    each.destroy?.()
    each.close?.()
  }
})

/** Both ends of a TLS connection, the accepted one second. */
async function connected(): Promise<readonly [TLSSocket, TLSSocket]> {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
  const server = createServer({ key, cert: selfSigned(key), ca: [] }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>
  const { port } = server.address() as AddressInfo
  const near = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  await once(near, 'secureConnect')
  const [far] = await accepted
  open.push(near, far, server)
  return [near, far]
}

describe('reading into one buffer', () => {
  it('works with the insides of this version of Node, and gives every byte in order', async () => {
    const [near, far] = await connected()
    const sent = randomBytes(3_000_000)
    const came: Buffer[] = []
    const memories = new Set<unknown>()

    expect(
      readInto(far, (chunk) => {
        memories.add(chunk.buffer)
        came.push(Buffer.from(chunk))
      }),
    ).toBe(true)
    near.end(sent)
    await once(far, 'end')

    expect(Buffer.concat(came).equals(sent)).toBe(true)
    expect(memories.size).toBe(1)
  })

  it('gives what had come before', async () => {
    const [near, far] = await connected()
    near.write('first ')
    await once(far, 'readable')
    const came: string[] = []

    readInto(far, (chunk) => came.push(chunk.toString()))
    near.end('second')
    await once(far, 'end')

    expect(came.join('')).toBe('first second')
  })

  it('stops soon after the socket is paused, and goes on where it was', async () => {
    const [near, far] = await connected()
    const sent = randomBytes(4_000_000)
    let bytes = 0
    let whilePaused = 0
    readInto(far, (chunk) => {
      if (far.isPaused()) whilePaused += chunk.length
      bytes += chunk.length
      if (bytes < sent.length / 2 || bytes - chunk.length >= sent.length / 2) return
      far.pause()
      setImmediate(() => setImmediate(() => far.resume()))
    })

    near.end(sent)
    await once(far, 'end')

    expect(bytes).toBe(sent.length)
    expect(whilePaused).toBeLessThan(300_000)
  })

  it('is refused by a stream that has no such insides, and leaves it alone', () => {
    const stream = new PassThrough()
    stream.write('kept')

    expect(readInto(stream as unknown as TLSSocket, () => undefined)).toBe(false)
    expect(String(stream.read())).toBe('kept')
  })
})
