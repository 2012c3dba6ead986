/** A runner of GitHub Actions as an Action meets it: the committed bundle as a child process, in the environment and with the files of a real one. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { eventually } from './eventually.ts'
import { ROOT } from './run.ts'

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>
  readonly runs: { readonly main: string; readonly post: string }
}
const ACTION = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as ActionFile

export type Inputs = Readonly<Record<string, string>>

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
  /** What the step has saved for its post step. */
  readonly state: Readonly<Record<string, string>>
  /** `error`, `notice` and `warning` lines with their titles, as the runner shows them. */
  readonly annotations: readonly string[]
}

export interface Step {
  /** Resolves when the log holds this. */
  says(words: string): Promise<void>
  /** A cancellation as the runner does it; SIGKILL stands for its end. */
  signal(name: NodeJS.Signals): void
  ended(): Promise<Ended>
}

export interface Run {
  readonly id?: string
  readonly attempt?: string
  readonly job?: string
  readonly step?: string
  readonly env?: Readonly<Record<string, string>>
}

let runs = 9_000_000

/** Starts the step with these inputs; those that are left out have the defaults of action.yml. */
export function startStep(inputs: Inputs, run: Run = {}): Step {
  return start(ACTION.runs.main, inputs, { id: String(++runs), ...run }, {})
}

export const runStep = (inputs: Inputs, run: Run = {}): Promise<Ended> => startStep(inputs, run).ended()

/** The post step of a step that has ended, however. */
export const runPost = (inputs: Inputs, after: Ended, run: Run = {}): Promise<Ended> =>
  start(ACTION.runs.post, inputs, run, after.state).ended()

function start(program: string, inputs: Inputs, run: Run, state: Readonly<Record<string, string>>): Step {
  const folder = mkdtempSync(join(tmpdir(), 'ferry-runner-'))
  const file = (name: string, text = ''): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const files = { output: file('output'), summary: file('summary'), state: file('state') }
  const given = Object.entries(ACTION.inputs).map(([name, { default: value = '' }]) => [name, value] as const)
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    ...{
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKFLOW: 'cutover',
      GITHUB_EVENT_NAME: 'workflow_dispatch',
    },
    ...{ GITHUB_REPOSITORY: 'acme/infra', GITHUB_REPOSITORY_ID: '1001', GITHUB_ACTOR: 'olga-gh' },
    ...{
      GITHUB_RUN_ID: run.id ?? '9000',
      GITHUB_RUN_ATTEMPT: run.attempt ?? '1',
      GITHUB_JOB: run.job ?? 'cutover',
    },
    ...{
      GITHUB_ACTION: run.step ?? '__acme_ferry',
      GITHUB_SERVER_URL: 'https://github.com',
      RUNNER_OS: 'Linux',
    },
    ...{ GITHUB_OUTPUT: files.output, GITHUB_STEP_SUMMARY: files.summary, GITHUB_STATE: files.state },
    ...{ GITHUB_EVENT_PATH: file('event.json', JSON.stringify({ inputs })), GITHUB_ENV: file('env') },
    ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
    ...run.env,
  }
  for (const [name, value] of [...given, ...Object.entries(inputs)])
    env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = value
  const child = spawn(process.execPath, [join(ROOT, program)], {
    ...{ cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] },
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (out += text))
  const closed = once(child, 'close') as Promise<[number | null]>
  return {
    says: async (words) => void (await eventually(`"${words}" in the log`, async () => out.includes(words))),
    signal: (name) => void child.kill(name),
    ended: async () => {
      const [code] = await closed
      const read = (path: string): string => readFileSync(path, 'utf8')
      return {
        ...{
          code,
          out,
          outputs: pairs(read(files.output)),
          state: { ...state, ...pairs(read(files.state)) },
        },
        summary: read(files.summary),
        annotations: out
          .split('\n')
          .filter((line) => /^::(error|warning|notice)/.test(line))
          .map((line) => decodeURIComponent(line.replace(/%(?!0A|0D|25|3A|2C)/g, '%25'))),
      }
    },
  }
}

/** `name<<delimiter`, the value, the delimiter: the form in which the toolkit writes files; the last one counts. */
function pairs(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/^(\S+?)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map((match) => [match[1] ?? '', match[3] ?? '']),
  )
}
