/** Calls of the Slack Web API, with its troubles as errors of ours. Nothing is repeated unless it is said so. */
import { setTimeout as pause } from 'node:timers/promises'
import { webApi } from '@slack/bolt'

export type WebClient = webApi.WebClient

/** Slack asks to wait; nothing has happened. */
export class SlackBusy extends Error {
  override name = 'SlackBusy'
  readonly retryAfterMs: number
  constructor(retryAfterMs: number) {
    super(`Slack asks to wait ${retryAfterMs} ms`)
    this.retryAfterMs = retryAfterMs
  }
}

/** Slack refuses the call: asked again, it refuses it again. */
export class SlackRefused extends Error {
  override name = 'SlackRefused'
  readonly code: string
  constructor(code: string, cause?: unknown) {
    super(`Slack refuses: ${code}`, { cause })
    this.code = code
  }
}

/** Slack did not answer, or met a problem of its own: whether the call took effect is not known. */
export class SlackAway extends Error {
  override name = 'SlackAway'
}

/** The call failed at Slack: there is no use in telling it there. */
export const isSlacks = (error: unknown): boolean =>
  error instanceof SlackBusy || error instanceof SlackRefused || error instanceof SlackAway

/** Interactive calls must not hang; what is slower than this is tried again by whoever asked. */
const TIMEOUT_MS = 10_000

export function webClient(token: string, apiUrl: string): WebClient {
  return new webApi.WebClient(token, {
    slackApiUrl: apiUrl,
    // By itself the client would wait up to half an hour; who asks knows better what to do meanwhile.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: TIMEOUT_MS,
    logLevel: 'error' as webApi.LogLevel,
  })
}

/** Codes of Slack's own trouble that it gives as if they were refusals. */
const PASSING = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'])

/** Throws `SlackBusy`, `SlackRefused` or `SlackAway`. */
export async function call<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw translated(error)
  }
}

function translated(error: unknown): Error {
  const known = error as {
    code?: string
    retryAfter?: number
    data?: { error?: string; response_metadata?: { messages?: string[] } }
  }
  if (known.code === 'slack_webapi_rate_limited_error') return new SlackBusy((known.retryAfter ?? 1) * 1000)
  const refusal = known.data?.error
  if (known.code === 'slack_webapi_platform_error' && refusal !== undefined && !PASSING.has(refusal))
    return refusal === 'ratelimited' ? new SlackBusy(1000) : new SlackRefused(refusal, error)
  return new SlackAway('Slack does not answer', { cause: error })
}

const BLOCKS_REFUSED = /^(invalid_blocks|invalid_blocks_format|invalid_attachments|invalid_arguments)$/
const TOO_LONG = /^(msg_blocks_too_long|msg_too_long)$/

/** Whether the message is more than Slack takes, of whatever kind its blocks are. */
export const isTooLong = (error: unknown): boolean =>
  error instanceof SlackRefused && TOO_LONG.test(error.code)

/** Whether the message's blocks are what Slack does not like. */
export const isAboutBlocks = (error: unknown): boolean =>
  isTooLong(error) || (error instanceof SlackRefused && BLOCKS_REFUSED.test(error.code))

/** How long a reply may be late before it is given up. */
const PATIENCE_MS = 60_000
const WAITS_MS = [300, 1000, 3000, 10_000, 20_000, 30_000]

/**
 * Repeats `work` while Slack is busy or away, as it asks, for a minute. Only for what may be repeated: `again` is true
 * from the second time on, when the first may have taken effect.
 */
export async function patiently<T>(work: (again: boolean) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const end = Date.now() + PATIENCE_MS
  for (let tries = 0; ; tries++) {
    try {
      return await work(tries > 0)
    } catch (error) {
      const wait =
        error instanceof SlackBusy
          ? error.retryAfterMs
          : error instanceof SlackAway
            ? (WAITS_MS[tries] ?? 30_000)
            : undefined
      if (wait === undefined || Date.now() + wait > end || signal?.aborted === true) throw error
      await pause(wait, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
    }
  }
}
