/**
 * Run in the place of QEMU: a "machine" whose assistant speaks as QEMU's guest agent does, without a kernel under it.
 * For tests of what Ferry does with a guest's answers, where booting a real one would take a minute each.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from './run.ts'

/** `boots`: the assistant answers. `silent`: it runs and nothing answers. `empty`: its disk has no boot loader. */
type GuestMode = 'boots' | 'silent' | 'empty'

/** Makes a program that can be given to the sandbox as its emulator. */
export function standInGuest(directory: string): { readonly path: string; become(mode: GuestMode): void } {
  mkdirSync(directory, { recursive: true })
  const path = join(directory, 'qemu-stand-in')
  const loader = pathToFileURL(join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href
  const run = `exec '${process.execPath}' --import '${loader}' '${import.meta.filename}' '${directory}' "$@"`
  // The probe of the accelerator asks for a device that only it has: nothing is accelerated here.
  writeFileSync(path, `#!/bin/sh\ncase "$*" in *isa-debug-exit*) exit 1 ;; esac\n${run}\n`)
  chmodSync(path, 0o755)
  const become = (mode: GuestMode): void => writeFileSync(join(directory, 'mode'), mode)
  become('boots')
  return { path, become }
}

interface Ended {
  readonly exited: boolean
  readonly exitcode?: number
  readonly 'out-data'?: string
}

if (process.argv[1] === import.meta.filename) {
  const [, , directory = '', ...args] = process.argv
  const mode = readFileSync(join(directory, 'mode'), 'utf8') as GuestMode
  const pathIn = (kind: string): string =>
    /path=([^,]+)/.exec(args.find((arg) => arg.startsWith(kind)) ?? '')?.[1] ?? ''
  const told = mode === 'empty' ? 'No bootable device.' : 'stand-in login:'
  appendFileSync(pathIn('file,id=console'), `${told}\n`)
  if (mode === 'boots') answer(pathIn('socket,id=assistant'))
  else setInterval(() => undefined, 60_000)
}

function answer(socketPath: string): void {
  const runs = new Map<number, Ended>()
  createServer((socket) => {
    socket.on('error', () => undefined)
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n')) {
        const { execute, arguments: args = {} } = JSON.parse(text.slice(0, at).replace(/^[^{]*/, '')) as {
          execute: string
          arguments?: { id?: number; pid?: number; arg?: string[] }
        }
        text = text.slice(at + 1)
        const reply = (value: unknown): boolean => socket.write(`${JSON.stringify({ return: value })}\n`)
        if (execute === 'guest-sync-delimited') {
          socket.write(Buffer.from([0xff]))
          reply(args.id)
        } else if (execute === 'guest-exec') reply({ pid: start(args.arg?.[1] ?? '', runs) })
        else if (execute === 'guest-exec-status') reply(runs.get(args.pid ?? 0))
        else reply({})
      }
    })
  }).listen(join(dirname(socketPath) === '.' ? process.cwd() : '', socketPath))
}

/** Ferry's own checks would look at this host, so they are answered; an operator's command is run. */
function start(script: string, runs: Map<number, Ended>): number {
  const isOwn = !/mount -a|100\.100\.100\.200/.test(script)
  const child = spawn('sh', ['-c', isOwn ? script : 'echo as it must be'])
  const pid = child.pid ?? 0
  runs.set(pid, { exited: false })
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.on('close', (code) =>
    runs.set(pid, { exited: true, exitcode: code ?? 1, 'out-data': Buffer.from(out).toString('base64') }),
  )
  return pid
}
