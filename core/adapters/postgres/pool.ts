import postgres from 'postgres'

/** Longer than the database lets a statement run, so this only ends the wait for one that will never answer. */
const ANSWER_WITHIN_MS = 20_000

/** A statement that can be awaited for rows as objects, or asked for them as lists of values: what drizzle calls. */
export interface Statement extends PromiseLike<readonly unknown[]> {
  values(): PromiseLike<readonly unknown[]>
}

/** Stands in for a postgres.js client towards drizzle. */
export interface Pool {
  /** How values are written and read; drizzle changes them when it is opened on the pool. */
  readonly options: { readonly parsers: object; readonly serializers: object }
  unsafe(text: string, parameters?: readonly unknown[]): Statement
  /** Ends all connections; statements that wait for one are refused. */
  end(): Promise<void>
}

type Client = postgres.Sql
type Options = postgres.Options<Record<string, never>>

/**
 * A pool of connections with one statement at a time on each, and a new one in the place of any that failed.
 *
 * The pool of postgres.js 3.4 is not used because its connections do not survive their own loss: they keep what was
 * being said and heard, and after a reconnection a stranger's statement is refused with it, or is never sent and its
 * promise never settles (seen once in a few hundred connections killed under load). It also has no answer to a
 * database host that vanishes without a word.
 */
export function openPool(
  url: string,
  size: number,
  options: Options,
  answerWithinMs = ANSWER_WITHIN_MS,
): Pool {
  const idle: Client[] = []
  const all = new Set<Client>()
  const waiting: { readonly resolve: (client: Client) => void; readonly reject: (error: Error) => void }[] =
    []
  const conversions = { parsers: {}, serializers: {} }
  let ended = false

  const open = (): Client => {
    const client = postgres(url, { ...options, max: 1, max_lifetime: null })
    Object.assign(client.options.parsers, conversions.parsers)
    Object.assign(client.options.serializers, conversions.serializers)
    all.add(client)
    return client
  }
  const take = async (): Promise<Client> => {
    if (ended) throw new Error('the pool has ended')
    const client = idle.pop()
    if (client !== undefined) return client
    if (all.size < size) return open()
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  }
  const give = (client: Client) => {
    const next = waiting.shift()
    if (next === undefined) idle.push(client)
    else next.resolve(client)
  }
  const replace = (client: Client) => {
    all.delete(client)
    // Nothing waits for this end, and a connection that is given up has nothing more to say.
    client.end({ timeout: 0 }).catch(() => undefined)
    if (waiting.length > 0 && !ended) give(open())
  }
  const use = async <T>(statement: (client: Client) => PromiseLike<T>): Promise<T> => {
    const client = await take()
    const silence = deadline(answerWithinMs)
    try {
      const answer = await Promise.race([statement(client), silence.reached])
      give(client)
      return answer
    } catch (error) {
      if (isRefusal(error)) give(client)
      else replace(client)
      throw error
    } finally {
      silence.clear()
    }
  }

  return {
    options: conversions,
    unsafe(text, parameters = []) {
      const query = (client: Client) => client.unsafe(text, [...parameters] as never[])
      return {
        then: (done, failed) => use(query).then(done, failed),
        values: () => use((client) => query(client).values()),
      }
    },
    async end() {
      ended = true
      for (const { reject } of waiting.splice(0)) reject(new Error('the pool has ended'))
      await Promise.all([...all].map((client) => client.end({ timeout: 5 })))
    },
  }
}

/** An answer after which the connection is as good as before; FATAL is the last word of one that is closing. */
function isRefusal(error: unknown): boolean {
  return error instanceof postgres.PostgresError && error.severity !== 'FATAL' && error.severity !== 'PANIC'
}

function deadline(ms: number) {
  let timer: NodeJS.Timeout | undefined
  const reached = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms)
  })
  return { reached, clear: () => clearTimeout(timer) }
}
