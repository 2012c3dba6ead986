/**
 * Has a socket read into one buffer again and again, instead of a new one for each TLS record of 16 KiB: at the speed
 * of a network card the allocations, and the collection of what they leave behind, cost more than the decryption.
 *
 * Node offers that for connections that a program makes (`onread` of `net.connect` and `tls.connect`), and not for
 * those that it accepts, although underneath both are the same. So this sets by hand what `onread` would have set.
 * Where a version of Node has other insides, the caller reads in the ordinary way.
 */
import type { TLSSocket } from 'node:tls'

/** More than the largest TLS record. */
const BUFFER_BYTES = 64 * 1024

interface Handle {
  readonly useUserBuffer?: (buffer: Buffer) => void
}

const symbolOf = (socket: object, name: string): symbol | undefined =>
  Object.getOwnPropertySymbols(socket).find(({ description }) => description === name)

/**
 * Hands over what comes, as a view that is good until `take` returns. After a `pause` what is decrypted already still
 * comes. False: this Node cannot, and nothing was done.
 */
export function readInto(socket: TLSSocket, take: (chunk: Buffer) => void): boolean {
  const handle = (socket as unknown as { readonly _handle?: Handle | null })._handle
  const [buffer, callback] = [symbolOf(socket, 'kBuffer'), symbolOf(socket, 'kBufferCb')]
  if (typeof handle?.useUserBuffer !== 'function' || buffer === undefined || callback === undefined)
    return false
  const memory = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  const insides = socket as unknown as Record<symbol, unknown>
  insides[buffer] = memory
  insides[callback] = (bytes: number): boolean => {
    take(memory.subarray(0, bytes))
    return !socket.isPaused()
  }
  handle.useUserBuffer(memory)
  // What came before lies in the stream.
  for (let chunk: unknown; (chunk = socket.read()) !== null;) take(chunk as Buffer)
  socket.resume()
  return true
}
