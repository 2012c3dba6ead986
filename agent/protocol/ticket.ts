/**
 * A ticket is what lets one agent write to one receiver for a while. The bot signs it (Ed25519); the agent sends
 * nothing outside it and the receiver accepts nothing without it, and none whose epoch is below the highest it saw.
 * Wire form: base64url(JSON) + '.' + base64url(signature over the first part).
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { z } from 'zod'

export const Ticket = z.object({
  job: z.string(),
  sync: z.string(),
  epoch: z.number().int().nonnegative(),
  /** The receiver this ticket is for: its machine id, and the pin of its TLS key. */
  receiver: z.object({ machine: z.string(), tlsPin: z.string() }).nullable(),
  /** Empty: only the way to the receiver may be measured. */
  disks: z.array(z.object({ index: z.number().int(), sizeBytes: z.number().int() })),
  /** Milliseconds since 1970. */
  expiresAt: z.number().int(),
})
export type Ticket = z.infer<typeof Ticket>

/**
 * Lets one agent carry out one task (`tasks.ts`): the agent does nothing that is asked without one. `params` are read
 * by the kind's own schema.
 */
export const TaskTicket = z.object({
  task: z.string(),
  /** The machine id of the agent that may do it. */
  agent: z.string(),
  kind: z.string(),
  params: z.unknown(),
  /** Milliseconds since 1970. */
  expiresAt: z.number().int(),
})
export type TaskTicket = z.infer<typeof TaskTicket>

/** Signs a ticket. `privateKey`: PKCS#8 PEM of an Ed25519 key. */
export function signTicket(ticket: Ticket | TaskTicket, privateKey: string): string {
  const body = Buffer.from(JSON.stringify(ticket)).toString('base64url')
  return `${body}.${sign(null, Buffer.from(body), createPrivateKey(privateKey)).toString('base64url')}`
}

/**
 * Reads a ticket and checks its signature and age.
 * `ticketKey`: base64 SPKI of the bot's ticket key; `now`: milliseconds since 1970.
 * Returns a sentence when the ticket is not to be trusted.
 */
export function readTicket(text: string, ticketKey: string, now: number): Ticket | { problem: string } {
  return readSigned(Ticket, text, ticketKey, now)
}

/** The same for the ticket of a task. */
export function readTaskTicket(
  text: string,
  ticketKey: string,
  now: number,
): TaskTicket | { problem: string } {
  return readSigned(TaskTicket, text, ticketKey, now)
}

function readSigned<T extends { readonly expiresAt: number }>(
  schema: z.ZodType<T>,
  text: string,
  ticketKey: string,
  now: number,
): T | { problem: string } {
  const [body, signature, ...rest] = text.split('.')
  if (!body || !signature || rest.length > 0)
    return { problem: 'the ticket is not of the form body.signature' }
  const key = createPublicKey({ key: Buffer.from(ticketKey, 'base64'), format: 'der', type: 'spki' })
  if (!verify(null, Buffer.from(body), key, Buffer.from(signature, 'base64url')))
    return { problem: 'the ticket is not signed by the bot' }
  const ticket = schema.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')))
  if (!ticket.success) return { problem: 'the ticket lacks a field' }
  if (ticket.data.expiresAt <= now) return { problem: 'the ticket has expired' }
  return ticket.data
}
