/**
 * Programs of the operator that prepare the server for its instant: flush a database, stop a queue. Each file of the
 * directory that may be executed is run with `before`, in the order of their names, and with `after`, in the opposite
 * order, once writes go on.
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

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

/** The hooks of one instant. */
export class Hooks {
  private readonly hooks: readonly Hook[]
  private readonly ms: number
  private readonly begun: Hook[] = []

  constructor(hooks = findHooks(), ms = HOOK_MS) {
    this.hooks = hooks
    this.ms = ms
  }

  /** Runs all with `before`; stops at the first that fails and says why: then nothing is to be frozen. */
  async before(): Promise<string | undefined> {
    for (const hook of this.hooks) {
      if (hook.problem !== undefined) return hook.problem
      this.begun.push(hook)
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
    return problems
  }
}
