/** What went wrong with a call of GitHub's API, and what can be done about it. */

/** `gone`: what it was about does not exist. `refused`: asking again changes nothing. `later`: it may go well then. */
export type TroubleKind = 'gone' | 'refused' | 'later'

export class GitHubTrouble extends Error {
  override name = 'GitHubTrouble'
  readonly kind: TroubleKind
  readonly status: number
  /** How long GitHub asks to be left alone; undefined when it did not say. */
  readonly waitMs: number | undefined

  constructor(sentence: string, kind: TroubleKind, status: number, waitMs?: number) {
    super(sentence)
    this.kind = kind
    this.status = status
    this.waitMs = waitMs
  }
}

interface Failed {
  readonly status?: unknown
  readonly message?: unknown
  readonly response?: { readonly headers?: Readonly<Record<string, unknown>> }
}

/** Neither request nor headers are kept: both hold tokens. */
export function troubleOf(error: unknown, route: string): GitHubTrouble {
  const { status, message, response } = (typeof error === 'object' && error !== null ? error : {}) as Failed
  const code = typeof status === 'number' ? status : 0
  const words = typeof message === 'string' ? message.split('\n')[0]?.slice(0, 200) : 'no answer'
  const waitMs = code === 403 || code === 429 ? waitOf(response?.headers ?? {}) : undefined
  const sentence = `GitHub answered ${route} with ${code === 0 ? 'nothing' : code}: ${words}`
  return new GitHubTrouble(sentence, kindOf(code, waitMs, words ?? ''), code, waitMs)
}

function kindOf(code: number, waitMs: number | undefined, words: string): TroubleKind {
  if (code === 404 || code === 410) return 'gone'
  if (code === 429 || waitMs !== undefined || /rate limit/i.test(words)) return 'later'
  // 401: a key that was just made, or a clock that is off, both of which mend themselves or are mended by hand.
  return code >= 400 && code < 500 && code !== 401 && code !== 408 && code !== 409 ? 'refused' : 'later'
}

function waitOf(headers: Readonly<Record<string, unknown>>): number | undefined {
  const after = Number(headers['retry-after'])
  if (after > 0) return after * 1000
  if (String(headers['x-ratelimit-remaining']) !== '0') return undefined
  const reset = Number(headers['x-ratelimit-reset']) * 1000 - Date.now()
  return Number.isNaN(reset) ? 60_000 : Math.max(1000, reset)
}
