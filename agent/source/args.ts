/** The agent's command line. */
import { parseArgs } from 'node:util'

export const HELP = `ferry-agent: compares and sends the disks of this server to its migration receiver.

  ferry-agent --server URL --code CODE [--home DIR] [--disk PATH …]   enrol once, then run
  ferry-agent [--home DIR] [--gentle]                                 run

  --server URL   the bot, as this server reaches it
  --code CODE    the one-time enrolment code that "enrol" printed
  --home DIR     where keys and manifests are kept (default /var/lib/ferry-agent)
  --disk PATH    a disk or image file to migrate; repeat it for more, the system disk first.
                 Default: all whole disks of this server
  --gentle       spare this server: lowest priority, one thread, rests between reads,
                 longer ones while others keep the processors busy. A sync takes longer
  --help, --version
`

export interface Arguments {
  readonly home: string
  readonly gentle: boolean
  /** Present when this start may enrol. */
  readonly enrol:
    { readonly server: string; readonly code: string; readonly disks: readonly string[] } | undefined
}

export type Asked =
  { readonly run: Arguments } | { readonly show: 'help' | 'version' } | { readonly problem: string }

function isUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)
}

/** Reads the arguments after the program's name; one sentence per mistake. */
export function readArguments(argv: readonly string[]): Asked {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const named = { ...text, multiple: true } as const
  const options = {
    server: text,
    code: text,
    home: text,
    disk: named,
    gentle: flag,
    help: flag,
    version: flag,
  }
  let values: {
    server?: string
    code?: string
    home?: string
    disk?: string[]
    gentle?: boolean
    help?: boolean
    version?: boolean
  }
  try {
    values = parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values
  } catch (problem) {
    return { problem: problem instanceof Error ? problem.message : String(problem) }
  }
  if (values.help) return { show: 'help' }
  if (values.version) return { show: 'version' }
  const { server, code, disk: disks = [], home = '/var/lib/ferry-agent', gentle = false } = values
  if (home === '') return { problem: '--home must name a directory.' }
  if (server === undefined && code === undefined) {
    if (disks.length > 0)
      return { problem: '--disk is chosen when enrolling, together with --server and --code.' }
    return { run: { home, gentle, enrol: undefined } }
  }
  if (server === undefined || code === undefined) return { problem: '--server and --code go together.' }
  if (!isUrl(server)) return { problem: `--server must be an http or https URL, not "${server}".` }
  if (code === '') return { problem: '--code must not be empty.' }
  if (disks.length > 17) return { problem: 'At most 17 disks can be migrated.' }
  if (new Set(disks).size < disks.length) return { problem: 'A disk is named twice.' }
  return { run: { home, gentle, enrol: { server, code, disks } } }
}
