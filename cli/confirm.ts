import { createInterface } from 'node:readline/promises'
import type { Invocation } from '../core/commands/read.ts'

/** What must be typed to confirm: what the command is about, or its own name if it is about nothing named. */
export function confirmationWord(invocation: Invocation): string {
  return Object.values(invocation.raw).find((value) => value !== 'true') ?? invocation.command
}

/** Asks on the terminal; true when exactly the word was typed. */
export async function confirmed(word: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question(`Type ${word} to go on: `)).trim() === word
  } finally {
    terminal.close()
  }
}
