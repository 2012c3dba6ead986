import { spawn } from 'node:child_process'
import { machineEnvironment, machineFiles } from './machine.ts'
import type { Settings } from './options.ts'
import { markOf, processesOf, signal } from './proc.ts'
import type { Instance, Invocation } from './state.ts'

/** More output is dropped and counted, as ECS does. */
export const LARGEST_OUTPUT = 24 * 1024

/** How a command ended, as an invocation tells it. */
export type Result = Pick<Invocation, 'status' | 'output' | 'dropped' | 'errorCode' | 'errorInfo'> & {
  exitCode?: number
}

/** Runs a command in a machine, as one more of its processes: it dies with the machine. Never throws. */
export function runInMachine(
  settings: Settings,
  instance: Instance,
  command: { script: string; timeoutMs: number },
): Promise<Result> {
  return new Promise((resolve) => {
    const { root } = machineFiles(settings.home, instance.id)
    const env = machineEnvironment(settings, instance)
    // A group of its own, so that a timeout ends it with its children and leaves the rest of the machine alone.
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
    const child = spawn('sh', ['-c', command.script], { cwd: root, env, stdio, detached: true })
    const mark = child.pid === undefined ? undefined : markOf(child.pid)
    let output = Buffer.alloc(0)
    let length = 0
    let isLate = false
    const collect = (chunk: Buffer) => {
      length += chunk.length
      output = Buffer.concat([output, chunk]).subarray(0, LARGEST_OUTPUT)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)

    const timer = setTimeout(() => {
      isLate = true
      if (mark) for (const process of processesOf(undefined, mark)) signal(process, 'SIGKILL')
    }, command.timeoutMs)
    const finish = (verdict: Omit<Result, 'output' | 'dropped'>) => {
      clearTimeout(timer)
      resolve({ ...verdict, output: output.toString('base64'), dropped: length - output.length })
    }

    child.on('error', (error) =>
      finish({ status: 'Failed', errorCode: 'ExecutionException', errorInfo: error.message }),
    )
    child.on('close', (exitCode, signalName) => {
      if (isLate)
        finish({ status: 'Timeout', errorCode: 'ExecutionTimeout', errorInfo: 'The command took too long.' })
      else if (exitCode === 0) finish({ status: 'Success', exitCode, errorCode: '', errorInfo: '' })
      else if (exitCode === null) {
        finish({
          status: 'Failed',
          errorCode: 'ExecutionInterrupted',
          errorInfo: `Ended by ${signalName ?? 'a signal'}.`,
        })
      } else {
        finish({
          status: 'Failed',
          exitCode,
          errorCode: 'ExitCodeNonzero',
          errorInfo: `Exit code ${exitCode}.`,
        })
      }
    })
  })
}
