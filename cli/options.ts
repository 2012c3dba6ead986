/** The CLI's own options; every other word belongs to the command. */
export interface Options {
  readonly words: readonly string[]
  /** Whose token file is used. */
  readonly as: string | undefined
  readonly json: boolean
  readonly yes: boolean
  readonly help: boolean
}

/** Splits what the shell gave into ours and the command's; a sentence when it cannot. */
export function readOptions(argv: readonly string[]): Options | { readonly problem: string } {
  const words: string[] = []
  let as: string | undefined
  const flags = { json: false, yes: false, help: false }
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? ''
    const name = word.slice(2)
    if (word === '-h') flags.help = true
    else if (word === '-y') flags.yes = true
    else if (word.startsWith('--') && name in flags) flags[name as keyof typeof flags] = true
    else if (word === '--as' || word.startsWith('--as=')) {
      as = word === '--as' ? argv[++at] : word.slice('--as='.length)
      if (as === undefined || !/^[a-z][a-z0-9._-]{0,39}$/.test(as))
        return { problem: '--as needs the name of a person, such as --as bob.' }
    } else words.push(word)
  }
  return { words, as, ...flags }
}
