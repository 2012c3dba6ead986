import { catalogue } from '../core/commands/catalogue.ts'
import type { Command } from '../core/commands/define.ts'
import { usageLine } from '../core/commands/usage.ts'

/** `--help`: answered here, so that it works without a bot. */
export function helpText(words: readonly string[]): string {
  const asked = [words.slice(0, 2).join(' '), words[0]]
  const command = catalogue.find((candidate) => asked.includes(candidate.name))
  return command === undefined ? everything() : one(command)
}

function everything(): string {
  const width = Math.max(...catalogue.map((command) => command.name.length))
  return `Usage: npm run ferry -- <command> [arguments] [--as <person>] [--json] [--yes]

${catalogue.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`).join('\n')}

<command> --help explains one. Arguments go in order, as key=value or as --key value.
  --as <person>  use the token file of that person (local mode)
  --json         print the reply as JSON
  --yes          confirm what cannot be taken back
FERRY_SERVER_URL and FERRY_TOKEN name a bot elsewhere and your token; NO_COLOR turns colours off.
Exit code: 0 done or accepted, 1 refused, 2 not understood, 3 no bot answers, 4 (watch) the job is in Error,
5 nothing has happened yet: others must approve first.`
}

function one(command: Command): string {
  const lines = Object.entries(command.args).map(
    ([key, arg]) => `  ${key.padEnd(16)}  ${arg.describe}${arg.required ? '' : ' (optional)'}`,
  )
  return [
    `Usage: npm run ferry -- ${usageLine(command)}`,
    '',
    `${command.summary}.`,
    ...(lines.length === 0 ? [] : ['', ...lines]),
    '',
    `Example: npm run ferry -- ${command.example}`,
  ].join('\n')
}
