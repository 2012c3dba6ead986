import type { App } from '../../core/app/assemble.ts'

/** Less than the connections to the database: a flood from Slack leaves some for everybody else. */
const AT_ONCE = 6

/**
 * The same app, which carries out a few commands of Slack at a time and lets the others wait in order. All of them have
 * been acknowledged; a flood that is carried out at once would keep the next acknowledgement from its 3 s. Sending is
 * not counted: who waits for Slack holds nobody up.
 */
export function unhurried(app: App): App {
  const waiting: (() => void)[] = []
  let running = 0
  const inTurn =
    <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
      else running += 1
      try {
        return await work(...args)
      } finally {
        const next = waiting.shift()
        if (next === undefined) running -= 1
        else next()
      }
    }
  return {
    ...app,
    execute: inTurn(app.execute),
    firstSeen: inTurn(app.firstSeen.bind(app)),
    fleet: inTurn(app.fleet.bind(app)),
  }
}
