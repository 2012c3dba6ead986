/** Compression of a batch's payload, when it pays. */
import { brotliCompressSync, constants } from 'node:zlib'

const QUICK = {
  params: { [constants.BROTLI_PARAM_QUALITY]: 0, [constants.BROTLI_PARAM_LGWIN]: 17 },
}

const SAMPLE_BYTES = 4096
/** One core packs about 200 MB/s: a link that is faster than this is not helped. */
const FAST_LINK = 80e6
/** From this share of its time waiting for the network on, a connection counts as bounded by it. */
const WAITING_SHARE = 0.5

/** The payload packed, or undefined when it would not become smaller. */
export function packed(payload: Buffer): Buffer | undefined {
  const sample = payload.subarray(0, SAMPLE_BYTES)
  if (brotliCompressSync(sample, QUICK).length >= sample.length * 0.95) return undefined
  const result = brotliCompressSync(payload, QUICK)
  return result.length < payload.length * 0.95 ? result : undefined
}

/** Decides for one connection, each second anew, whether the network is what it waits for. */
export class CompressionChoice {
  private readonly mode: 'auto' | 'on' | 'off'
  private isOn: boolean
  private since: number
  private waitedMs = 0
  private bytes = 0

  constructor(mode: 'auto' | 'on' | 'off', nowMs: number) {
    this.mode = mode
    this.isOn = mode === 'on'
    this.since = nowMs
  }

  /** Tells of a frame that went out: how long the socket made it wait, in milliseconds. */
  sent(bytes: number, waitedMs: number, nowMs: number): void {
    if (this.mode !== 'auto') return
    this.bytes += bytes
    this.waitedMs += waitedMs
    const elapsed = nowMs - this.since
    if (elapsed < 1000) return
    const isSlow = (this.bytes / elapsed) * 1000 < FAST_LINK
    this.isOn = isSlow && this.waitedMs / elapsed >= (this.isOn ? WAITING_SHARE / 2 : WAITING_SHARE)
    this.since = nowMs
    this.waitedMs = 0
    this.bytes = 0
  }

  isWorthwhile(): boolean {
    return this.isOn
  }
}
