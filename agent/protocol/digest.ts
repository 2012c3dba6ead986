/**
 * BLAKE3, the one digest of the byte path. Native code where it loads (5 GB/s per core), WebAssembly elsewhere
 * (0.6 GB/s): slower, never different, which a known vector proves before the first use.
 */
/** Bytes of a digest. */
export const DIGEST_BYTES = 32

type Digest = (bytes: Uint8Array) => Uint8Array

/** BLAKE3 of the bytes 0, 1, … 250, 0, 1, … (1023 of them), from the BLAKE3 authors' test vectors. */
const KNOWN = '10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11'

const isRight = (digest: Digest): boolean =>
  toHex(digest(Uint8Array.from({ length: 1023 }, (_, i) => i % 251))) === KNOWN

async function native(): Promise<Digest | undefined> {
  if (process.env['FERRY_DIGEST'] === 'wasm') return undefined
  try {
    const module = await import('@napi-rs/blake-hash')
    // Its types ask for a Buffer; any Uint8Array does, as the known vector proves.
    const blake3 = module.blake3 as unknown as Digest
    return isRight(blake3) ? blake3 : undefined
  } catch {
    // No binary for this platform, or a file system that forbids loading it: WebAssembly does the work.
    return undefined
  }
}

async function portable(): Promise<Digest> {
  // Only where it is needed: it is of some size, in every thread.
  const { createBLAKE3 } = await import('hash-wasm')
  const hasher = await createBLAKE3()
  const digest: Digest = (bytes) => hasher.init().update(bytes).digest('binary')
  if (!isRight(digest)) throw new Error('BLAKE3 gives wrong digests on this machine')
  return digest
}

const loaded = await native()

/** Which implementation serves: told in the log, since it bounds the speed. */
export const digestKind: 'native' | 'wasm' = loaded ? 'native' : 'wasm'

/** The BLAKE3 digest of these bytes, 32 bytes. */
export const digestOf: Digest = loaded ?? (await portable())

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
