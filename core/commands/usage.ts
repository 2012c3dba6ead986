import type { Command } from './define.ts'

/** `interval <job> <every:1h..7d>`: the usage line, derived from the arguments. */
export function usageLine(command: Pick<Command, 'name' | 'args'>): string {
  const parts = Object.entries(command.args).map(([key, arg]) => {
    const slot =
      arg.shape === ''
        ? `--${key}`
        : arg.positional
          ? arg.shape === 'name' || arg.shape === 'text' || arg.many === true
            ? `${key}${arg.many === true ? '…' : ''}`
            : `${key}:${arg.shape}`
          : `${key}=${arg.shape}`
    return arg.required ? `<${slot}>` : `[${slot}]`
  })
  return [command.name, ...parts].join(' ')
}
