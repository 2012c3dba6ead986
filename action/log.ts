/** Lines in the log of a run. Nothing that is printed is an order to the runner, wherever its words come from. */
import { endGroup, info, startGroup } from '@actions/core'
import { visible } from '../core/commands/args.ts'
import { drawBar, progressBars, progressLine } from '../core/commands/progress.ts'
import type { Reply } from '../core/commands/reply.ts'

/** One line without what cannot be seen, and without either form of the runner's commands: `::x::` and `##[x]`. */
export function plainLine(text: string): string {
  return visible(text.trimEnd().replace(/[\r\n\t\v\f]+/g, ' '))
    .replaceAll('##[', '# #[')
    .replace(/^\s*::/, ': :')
}

export const say = (text: string): void => info(plainLine(text))

/** Lines that a reader folds away. */
export async function inGroup<T>(title: string, within: () => Promise<T>): Promise<T> {
  startGroup(plainLine(title))
  try {
    return await within()
  } finally {
    endGroup()
  }
}

const OFTEN_MS = 2000
const SELDOM_MS = 30_000

/** Shows how far it is: at once when it is something else, else ever more seldom, so that a long log stays readable. */
export function progressLog(now: () => number): (words: string, reply: Reply) => void {
  let [last, next, pause] = ['', 0, OFTEN_MS]
  return (words, { progress, data }) => {
    const place = `${String(data?.['state'])} ${progress?.phase ?? words}`
    if (place === last && now() < next) return
    pause = place === last ? Math.min(2 * pause, SELDOM_MS) : OFTEN_MS
    last = place
    next = now() + pause
    const clock = new Date(now()).toISOString().slice(11, 19)
    say(`${clock} ${progress === undefined ? words : progressLine(progress)}`)
    for (const bar of progress === undefined ? [] : progressBars(progress))
      say(`${bar.label.padStart(8)} ${drawBar(bar.done, 24)} ${bar.detail}`)
  }
}
