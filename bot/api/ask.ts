/** What a program may post to /api/commands. */

export interface Asked {
  /** A line as people type it; or the name of a command, when `isText` is false. */
  readonly command: string
  readonly isText: boolean
  readonly args: Readonly<Record<string, string>>
  readonly confirmed: boolean
  /** Checks everything and changes nothing. */
  readonly dryRun: boolean
  readonly door: 'cli' | 'action'
}

/** Reads the body of a request; a sentence when it is not what it should be. */
export function readAsked(body: unknown): Asked | { readonly problem: string } {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { problem: 'The body is not a JSON object with text, or with command and args.' }
  const {
    text,
    command,
    args = {},
    confirmed = false,
    dryRun = false,
    door = 'cli',
  } = body as Record<string, unknown>
  const asked = text ?? command
  if (typeof asked !== 'string' || (text !== undefined && command !== undefined))
    return { problem: 'Give either text, such as "status web-01", or command, such as "status".' }
  if (!isTexts(args)) return { problem: 'args is not an object whose values are all texts.' }
  if (typeof confirmed !== 'boolean') return { problem: 'confirmed is neither true nor false.' }
  if (typeof dryRun !== 'boolean') return { problem: 'dryRun is neither true nor false.' }
  if (door !== 'cli' && door !== 'action') return { problem: 'door is neither "cli" nor "action".' }
  return { command: asked, isText: text !== undefined, args, confirmed, dryRun, door }
}

function isTexts(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => typeof each === 'string')
  )
}
