/**
 * Programs of the operator that prepare the server for its instant: flush a database, stop a queue. Each file of the
 * directory that may be executed is run with `before`, in the order of their names, and with `after`, in the opposite
 * order, once writes go on. Which were begun is noted, so that `after` comes in any case: from the next agent if this one
 * is killed.
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { log } from '../../protocol/log.ts'

const DIRECTORY = '/etc/ferry/hooks.d'
/** How long one hook may take, in milliseconds. */
const HOOK_MS = 30_000

export interface Hook {
  readonly name: string
  readonly path: string
  /** Why it must not be run; undefined when it may. */
  readonly problem: string | undefined
}

/** The hooks as they are now. They are run with the agent's rights, so nobody else may be able to change them. */
export function findHooks(directory = process.env['FERRY_HOOKS'] ?? DIRECTORY): readonly Hook[] {
  if (!existsSync(directory)) return []
  const own = process.getuid?.()
  return readdirSync(directory)
    .sort()
    .flatMap((name) => {
      const path = join(directory, name)
      const { mode, uid } = statSync(path)
      if (!statSync(path).isFile() || (mode & 0o111) === 0) return []
      const isSafe = (mode & 0o022) === 0 && (uid === 0 || uid === own)
      return [{ name, path, problem: isSafe ? undefined : `the hook ${name} can be changed by others` }]
    })
}

/** Runs one; a sentence says what was wrong. */
function runHook({ name, path }: Hook, when: 'before' | 'after', ms: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(path, [when], { stdio: 'ignore', timeout: ms, killSignal: 'SIGKILL' })
    child.on('error', (problem) => resolve(`the hook ${name} could not be run: ${problem.message}`))
    child.on('exit', (code, signal) =>
      resolve(
        code === 0
          ? undefined
          : signal === null
            ? `the hook ${name} ended with ${code} ${when} the freeze`
            : `the hook ${name} did not end within ${ms / 1000} s ${when} the freeze`,
      ),
    )
  })
}

const noteOf = (notes: string): string => join(notes, 'hooks-begun')

/** The hooks of one instant. */
export class Hooks {
  private readonly hooks: readonly Hook[]
  private readonly ms: number
  private readonly note: string
  private readonly begun: Hook[] = []

  /** `notes`: a directory that nobody else may write to. */
  constructor(notes: string, hooks = findHooks(), ms = HOOK_MS) {
    this.note = noteOf(notes)
    this.hooks = hooks
    this.ms = ms
  }

  /** Those that an earlier agent has begun and not ended. */
  static leftBehind(notes: string, hooks = findHooks()): Hooks {
    const left = new Hooks(notes, hooks)
    if (!existsSync(left.note)) return left
    const names = readFileSync(left.note, 'utf8').split('\n')
    left.begun.push(...hooks.filter(({ name, problem }) => names.includes(name) && problem === undefined))
    return left
  }

  /** Runs all with `before`; stops at the first that fails and says why: then nothing is to be frozen. */
  async before(): Promise<string | undefined> {
    for (const hook of this.hooks) {
      if (hook.problem !== undefined) return hook.problem
      this.begun.push(hook)
      writeFileSync(this.note, this.begun.map(({ name }) => name).join('\n'), { mode: 0o600 })
      const problem = await runHook(hook, 'before', this.ms)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  /** Runs those with `after` whose `before` has begun, all of them. Returns what went wrong. */
  async after(): Promise<readonly string[]> {
    const problems: string[] = []
    for (const hook of this.begun.splice(0).reverse()) {
      const problem = await runHook(hook, 'after', this.ms)
      if (problem !== undefined) problems.push(problem)
    }
    rmSync(this.note, { force: true })
    return problems
  }
}

/** Runs `after` of the hooks that an agent has begun that was killed since. Repeatable. */
export async function endHooksLeftBehind(notes: string, hooks = findHooks()): Promise<void> {
  if (!existsSync(noteOf(notes))) return
  log('warn', 'an agent was killed between the hooks before and after a freeze: those after are run now')
  for (const problem of await Hooks.leftBehind(notes, hooks).after())
    log('warn', 'not all is as before the freeze', { problem })
}
