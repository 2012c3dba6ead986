/** The terminal front end: words in, a reply out, an exit code that scripts can trust. */
import { catalogue } from '../core/commands/catalogue.ts'
import type { Invocation } from '../core/commands/read.ts'
import { fromWords } from '../core/commands/read.ts'
import type { Reply } from '../core/commands/reply.ts'
import { Refusal } from '../core/commands/reply.ts'
import { askBot, Unreachable } from './bot.ts'
import { confirmationWord, confirmed } from './confirm.ts'
import { EXIT, exitCode } from './exit.ts'
import { helpText } from './help.ts'
import type { Options } from './options.ts'
import { readOptions } from './options.ts'
import { renderReply } from './render.ts'
import type { Settings } from './settings.ts'
import { findSettings } from './settings.ts'
import { watch } from './watch.ts'

const isTerminal = process.stdout.isTTY
const screen = {
  isTerminal,
  color: isTerminal && !process.env['NO_COLOR'],
  columns: process.stdout.columns || 80,
  write: (text: string) => void process.stdout.write(text),
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if ('problem' in options) return fail(options.problem, EXIT.usage)
  if (options.help || options.words.length === 0) {
    console.log(helpText(options.words))
    return EXIT.done
  }
  let invocation: Invocation
  try {
    invocation = fromWords(options.words, catalogue)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return show(error.reply(), options)
  }
  const settings = await findSettings(process.env, options.as)
  if ('problem' in settings)
    return fail(settings.problem, settings.unreachable ? EXIT.unreachable : EXIT.usage)
  if (invocation.command === 'watch' && !options.json)
    return watch(() => askBot(settings, invocation, false), screen)
  return ask(settings, invocation, options)
}

async function ask(settings: Settings, invocation: Invocation, options: Options): Promise<number> {
  const reply = await askBot(settings, invocation, options.yes)
  if (reply.code !== 'confirm' || options.json) return show(reply, options)
  const question = { ...reply, actions: [] }
  console.error(renderReply(question, screen))
  if (!process.stdin.isTTY || !isTerminal)
    return fail('This needs a yes, and there is no terminal to ask on: add --yes.', EXIT.refused)
  if (!(await confirmed(confirmationWord(invocation))))
    return fail('Not confirmed: nothing was changed.', EXIT.refused)
  return show(await askBot(settings, invocation, true), options)
}

function show(reply: Reply, options: Options): number {
  console.log(options.json ? JSON.stringify(reply, undefined, 2) : renderReply(reply, screen))
  return exitCode(reply)
}

function fail(sentence: string, code: number): number {
  console.error(sentence)
  return code
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof Unreachable)) throw error
  process.exitCode = fail(error.message, EXIT.unreachable)
}
