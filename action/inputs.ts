/** The inputs of a run, from the environment that the runner sets up. */

export interface Inputs {
  readonly server: string
  readonly token: string
  /** A command's name, or a line as people type it. */
  readonly command: string
  /** Everything else that was given: the command's arguments. */
  readonly args: Readonly<Record<string, string>>
  readonly confirmed: boolean
}

/** Inputs of the Action itself; action.yml has those of the commands beside them, generated from the catalogue. */
export const OWN_INPUTS = ['server-url', 'token', 'command', 'confirm'] as const

type Environment = Readonly<Record<string, string | undefined>>

/** Reads the inputs; a sentence when one is missing or wrong. Arguments themselves are the bot's to judge. */
export function readInputs(env: Environment): Inputs | { readonly problem: string } {
  const given = new Map<string, string>()
  for (const [key, value] of Object.entries(env))
    if (key.startsWith('INPUT_') && value?.trim())
      given.set(key.slice('INPUT_'.length).toLowerCase().replaceAll(' ', '_'), value.trim())
  const own = (name: (typeof OWN_INPUTS)[number]): string => given.get(name) ?? ''

  const server = own('server-url').replace(/\/+$/, '')
  if (!URL.canParse(server))
    return { problem: 'server-url is not the URL of a bot, such as https://ferry.example.com.' }
  if (!isSafe(new URL(server)))
    return { problem: 'server-url is not https: the token would travel in the open.' }
  if (own('token') === '')
    return { problem: 'token is missing: your Ferry token, from a secret of the repository.' }
  if (own('command') === '') return { problem: 'command is missing, such as status.' }
  const confirm = own('confirm')
  if (!['', 'true', 'false'].includes(confirm)) return { problem: 'confirm is neither true nor false.' }
  const args = Object.fromEntries([...given].filter(([name]) => !OWN_INPUTS.some((ours) => ours === name)))
  return { server, token: own('token'), command: own('command'), args, confirmed: confirm === 'true' }
}

function isSafe(url: URL): boolean {
  return url.protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
}
