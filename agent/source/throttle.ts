/** A token bucket: how long to wait before sending so that a rate is kept. */

/** How much may go out at once after a silence, in seconds of the rate. */
const BURST_SECONDS = 0.25

/** Pure but for the time it is given (milliseconds, monotonic). */
export class Throttle {
  private readonly bytesPerMs: number
  private tokens: number
  private at: number

  constructor(bytesPerSecond: number, nowMs: number) {
    this.bytesPerMs = bytesPerSecond / 1000
    this.tokens = bytesPerSecond * BURST_SECONDS
    this.at = nowMs
  }

  /** Takes `bytes` and returns how many milliseconds to wait before they go. Larger pieces than the burst go into debt. */
  take(bytes: number, nowMs: number): number {
    const most = this.bytesPerMs * 1000 * BURST_SECONDS
    this.tokens = Math.min(most, this.tokens + (nowMs - this.at) * this.bytesPerMs)
    this.at = nowMs
    this.tokens -= bytes
    return this.tokens >= 0 ? 0 : -this.tokens / this.bytesPerMs
  }
}
