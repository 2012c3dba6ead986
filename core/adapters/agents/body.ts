import { TurnedAway } from './answer.ts'

/** No message of the control protocol comes near it. */
export const BODY_BYTES = 1_048_576

interface Schema<T> {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: T }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } }
}

/** The body as text. A longer one than allowed is not read to its end, whatever its declared length says. */
export async function bodyText(request: Request): Promise<string> {
  const tooLong = new TurnedAway(413, `The body is longer than ${BODY_BYTES} bytes.`)
  if (Number(request.headers.get('content-length') ?? 0) > BODY_BYTES) throw tooLong
  if (request.body === null) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > BODY_BYTES) throw tooLong
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** A message of the protocol from its text; says which field is wrong, never what was in it. */
export function message<T>(schema: Schema<T>, text: string): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new TurnedAway(400, 'The body is not JSON.')
  }
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const issue = read.error.issues[0]
  const at = issue === undefined || issue.path.length === 0 ? 'the body' : issue.path.join('.')
  throw new TurnedAway(400, `${at}: ${issue?.message ?? 'is not as the protocol says'}`)
}
