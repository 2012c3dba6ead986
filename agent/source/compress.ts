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

/** How much faster blocks must go, packed, for the work to be worth it. */
const GAIN = 1.2
/** How long a try that gained nothing keeps the next one away, in milliseconds: doubles from the first to the second. */
const AGAIN_MS = [8_000, 64_000] as const
/** A connection has to wait for so many seconds in a row before it is tried: what ends sooner needs no help. */
const SLOW_SECONDS = 3

/**
 * Decides for one connection, each second anew. A connection that waits for its socket may wait for the network, or
 * for a receiver or processor that packing would only slow down more: so it is tried, and kept while blocks go faster.
 */
export class CompressionChoice {
  private mode: 'auto' | 'on' | 'off'
  private isOn: boolean
  private since: number
  private waitedMs = 0
  private bytes = 0
  private wireBytes = 0
  /** Blocks' bytes per millisecond when they were last sent as they are. */
  private plainRate = 0
  private againMs: number = AGAIN_MS[0]
  private notBefore = 0
  private slowSeconds = 0

  constructor(mode: 'auto' | 'on' | 'off', nowMs: number) {
    this.mode = mode
    this.isOn = mode === 'on'
    this.since = nowMs
  }

  /** Tells of blocks that went out, as how many bytes, and how long the socket made them wait, in milliseconds. */
  sent(bytes: number, wireBytes: number, waitedMs: number, nowMs: number): void {
    if (this.mode !== 'auto') return
    this.bytes += bytes
    this.wireBytes += wireBytes
    this.waitedMs += waitedMs
    const elapsed = nowMs - this.since
    if (elapsed < 1000) return
    if (this.isOn) this.judge(this.bytes / elapsed, nowMs)
    else this.consider(elapsed, nowMs)
    this.since = nowMs
    this.waitedMs = 0
    this.bytes = 0
    this.wireBytes = 0
  }

  /** Goes on in this mode; what was measured in another one counts no more. */
  follow(mode: 'auto' | 'on' | 'off', nowMs: number): void {
    if (mode === this.mode) return
    this.mode = mode
    this.isOn = mode === 'on'
    this.since = nowMs
    this.waitedMs = 0
    this.bytes = 0
    this.wireBytes = 0
    this.plainRate = 0
    this.slowSeconds = 0
    this.notBefore = 0
  }

  isWorthwhile(): boolean {
    return this.isOn
  }

  private consider(elapsed: number, nowMs: number): void {
    this.plainRate = this.bytes / elapsed
    const isSlow = (this.wireBytes / elapsed) * 1000 < FAST_LINK
    const isWaiting = this.waitedMs / elapsed >= WAITING_SHARE
    this.slowSeconds = isSlow && isWaiting ? this.slowSeconds + 1 : 0
    this.isOn = this.slowSeconds >= SLOW_SECONDS && nowMs >= this.notBefore
  }

  private judge(rate: number, nowMs: number): void {
    if (rate >= this.plainRate * GAIN) return void (this.againMs = AGAIN_MS[0])
    this.isOn = false
    this.notBefore = nowMs + this.againMs
    this.againMs = Math.min(this.againMs * 2, AGAIN_MS[1])
  }
}
