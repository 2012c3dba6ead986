/** The source agent as a program: reads its flags, which `--help` tells (args.ts), and runs for as long as it may. */
import { digestKind } from '../protocol/digest.ts'
import { log, wordsOf } from '../protocol/log.ts'
import { VERSION } from '../protocol/version.ts'
import { HELP, readArguments, type Arguments } from './args.ts'
import { enrol } from './enrol.ts'
import { lowerPriority } from './gentle.ts'
import { Home } from './home.ts'
import { Orders } from './orders.ts'

async function run({ home: path, gentle, enrol: asked }: Arguments): Promise<void> {
  // Before the first thread starts: threads have the priority of whoever started them.
  if (gentle) await lowerPriority()
  const home = new Home(path)
  const enrolled = asked ? await enrol(home, asked) : home.enrolled()
  if (enrolled === undefined)
    throw new Error('This server is not enrolled: start once with --server and --code.')
  log('info', 'the agent runs', { version: VERSION, source: enrolled.source, digests: digestKind })
  await new Orders(home, enrolled, gentle).run()
}

export function main(): void {
  const asked = readArguments(process.argv.slice(2))
  if ('show' in asked) return void process.stdout.write(asked.show === 'help' ? HELP : `${VERSION}\n`)
  const problem =
    'problem' in asked
      ? asked.problem
      : process.platform === 'linux'
        ? undefined
        : `The agent runs on Linux, not on ${process.platform}.`
  if (problem !== undefined || !('run' in asked)) {
    process.stderr.write(`${problem}\nTry ferry-agent --help.\n`)
    process.exitCode = 2
    return
  }
  run(asked.run).catch((problem: unknown) => {
    log('error', 'the agent ends', { because: wordsOf(problem) })
    process.exit(1)
  })
}
