import { setTimeout as pause } from 'node:timers/promises'
import type { Result } from '../run-in-machine.ts'
import { LARGEST_OUTPUT } from '../run-in-machine.ts'
import { askGuest } from './guest-agent.ts'

const LOOK_MS = 100
/** An emulated machine may be slow; one that says nothing for this long is lost. */
const ANSWER_MS = 15_000

interface ExecStatus {
  readonly exited: boolean
  readonly exitcode?: number
  readonly signal?: number
  readonly 'out-data'?: string
  readonly 'err-data'?: string
}

/** Runs a shell script as root in a booted machine, through its assistant. Never throws. */
export async function runInGuest(
  socket: string,
  { script, timeoutMs }: { script: string; timeoutMs: number },
): Promise<Result> {
  // As the Cloud Assistant does: in root's directory, whatever the agent's own is.
  const arg = ['-c', `cd /root 2>/dev/null || cd /\n${script}`]
  const started = await askGuest(
    socket,
    'guest-exec',
    { path: '/bin/sh', arg, 'capture-output': true },
    ANSWER_MS,
  )
  const pid = (started?.return as { pid?: number } | undefined)?.pid
  if (pid === undefined)
    return failed(
      'Failed',
      'ExecutionException',
      started?.error?.desc ?? 'The assistant in the instance does not answer.',
    )
  const end = Date.now() + timeoutMs
  for (;;) {
    const reply = await askGuest(socket, 'guest-exec-status', { pid }, ANSWER_MS)
    const status = reply?.return as ExecStatus | undefined
    if (status === undefined)
      return failed('Failed', 'ExecutionInterrupted', 'The assistant no longer answers.')
    if (status.exited) return ended(status)
    if (Date.now() > end) {
      const kill = { path: '/bin/sh', arg: ['-c', `kill -9 ${pid}`] }
      await askGuest(socket, 'guest-exec', kill, ANSWER_MS)
      return failed('Timeout', 'ExecutionTimeout', 'The command took too long.')
    }
    await pause(LOOK_MS)
  }
}

function ended(status: ExecStatus): Result {
  const bytes = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64')
  const whole = Buffer.concat([bytes(status['out-data']), bytes(status['err-data'])])
  const output = whole.subarray(0, LARGEST_OUTPUT)
  const told = { output: output.toString('base64'), dropped: whole.length - output.length }
  const { exitcode: exitCode, signal } = status
  if (exitCode === 0) return { ...told, status: 'Success', exitCode, errorCode: '', errorInfo: '' }
  if (exitCode === undefined) {
    const errorInfo = `Ended by signal ${signal ?? '?'}.`
    return { ...told, status: 'Failed', errorCode: 'ExecutionInterrupted', errorInfo }
  }
  const errorInfo = `Exit code ${exitCode}.`
  return { ...told, status: 'Failed', exitCode, errorCode: 'ExitCodeNonzero', errorInfo }
}

function failed(status: 'Failed' | 'Timeout', errorCode: string, errorInfo: string): Result {
  return { status, output: '', dropped: 0, errorCode, errorInfo }
}
