import { optional, text } from './args.ts'
import type { Command } from './define.ts'
import { defineCommand } from './define.ts'
import { nearest } from './nearest.ts'
import { done, Refusal } from './reply.ts'
import { usageLine } from './usage.ts'

export const help = defineCommand({
  name: 'help',
  summary: 'List the commands, or explain one',
  effect: 'read',
  args: { command: optional(text('the command to explain', 40)) },
  example: 'help interval',
  run: async ({ command: name }, { catalogue }) => {
    if (name === undefined)
      return done('help', 'Ferry moves running servers to Alibaba Cloud.', {
        table: {
          columns: ['command', 'what it does'],
          rows: catalogue.map((command) => [command.name, command.summary]),
        },
        data: {
          commands: catalogue.map((command) => ({
            name: command.name,
            summary: command.summary,
            effect: command.effect,
          })),
        },
      })
    const command = catalogue.find((candidate) => candidate.name === name)
    if (command !== undefined) return explain(command)
    const guess = nearest(
      name,
      catalogue.map((candidate) => candidate.name),
    )
    throw new Refusal(
      'not-understood',
      `There is no command ${name}.${guess === undefined ? '' : ` Did you mean ${guess}?`}`,
    )
  },
})

function explain(command: Command): ReturnType<typeof done> {
  const facts: Record<string, string> = {
    Usage: `\`${usageLine(command)}\``,
    Example: `\`${command.example}\``,
    Effect: {
      read: 'changes nothing',
      change: 'changes something',
      final: 'cannot be taken back: asks for confirmation',
    }[command.effect],
    'Legal in': command.legalIn,
    'For role': `${command.role} and above`,
  }
  for (const [key, arg] of Object.entries(command.args))
    facts[key] =
      `${arg.describe}${arg.shape === '' || arg.shape === 'text' || arg.shape === 'name' ? '' : ` (${arg.shape})`}${arg.required ? '' : ', optional'}`
  return done('help', `${command.name}: ${command.summary}`, { facts })
}
