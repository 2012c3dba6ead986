/** `ferry watch`: follows a job until it rests. On a terminal it draws in place, elsewhere it prints what changes. */
import { setTimeout as pause } from 'node:timers/promises'
import { isMoving, progressLine } from '../core/commands/progress.ts'
import type { Reply } from '../core/commands/reply.ts'
import { Unreachable } from './bot.ts'
import { EXIT } from './exit.ts'
import { renderReply } from './render.ts'

interface Screen {
  readonly isTerminal: boolean
  readonly color: boolean
  readonly columns: number
  write(text: string): void
}

const LOOK_MS = 1000
/** A bot that is being restarted or taken over is back well within this. */
const UNREACHABLE_MS = 60_000

/** Returns the exit code: how the job came to rest. `ask` reads the job's state anew. */
export async function watch(ask: () => Promise<Reply>, screen: Screen, lookMs = LOOK_MS): Promise<number> {
  const show = screen.isTerminal ? drawInPlace(screen) : printChanges(screen)
  let silentSince: number | undefined
  for (;;) {
    try {
      const reply = await ask()
      silentSince = undefined
      const isOver = reply.outcome === 'refused' || !isMoving(reply.data?.['state'])
      show(reply, isOver)
      if (reply.outcome === 'refused') return EXIT.refused
      if (isOver) return reply.data?.['state'] === 'error' ? EXIT.jobInError : EXIT.done
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
      silentSince ??= Date.now()
      if (Date.now() - silentSince > UNREACHABLE_MS) throw error
    }
    await pause(lookMs)
  }
}

function drawInPlace(screen: Screen): (reply: Reply, isOver: boolean) => void {
  let lines = 0
  return (reply, isOver) => {
    // What can be done next changes under the reader's eyes; it is shown once, at the end.
    const { actions, ...moving } = reply
    const view = renderReply(isOver && actions !== undefined ? { ...moving, actions } : moving, screen)
    const up = lines === 0 ? '' : `\u001b[${lines}A\r\u001b[0J`
    screen.write(`${up}${view}\n`)
    lines = view.split('\n').reduce((sum, line) => sum + rowsOf(line, screen.columns), 0)
  }
}

/** A line that is wider than the terminal takes several rows. */
function rowsOf(line: string, columns: number): number {
  // eslint-disable-next-line no-control-regex
  const width = line.replace(/\u001b\[[0-9;]*m/g, '').length
  return Math.max(1, Math.ceil(width / Math.max(1, columns)))
}

function printChanges(screen: Screen): (reply: Reply, isOver: boolean) => void {
  let last = ''
  return (reply, isOver) => {
    const line = reply.progress === undefined ? reply.title : `${reply.title} ${progressLine(reply.progress)}`
    if (isOver) screen.write(`${renderReply(reply, screen)}\n`)
    else if (line !== last) screen.write(`${line}\n`)
    last = line
  }
}
