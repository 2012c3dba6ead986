import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/**
 * SHA-256 of the first `bytes` of a file, read here and now: it knows nothing of manifests, digests or roots.
 * The cloud's disk may be larger than the source's; what lies behind is no part of the copy.
 */
export async function sha256(path: string, bytes: number): Promise<string> {
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of createReadStream(path, { end: bytes - 1, highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer)
    length += (chunk as Buffer).length
  }
  if (length !== bytes) throw new Error(`${path} has ${length} bytes; ${bytes} are expected`)
  return hash.digest('hex')
}
