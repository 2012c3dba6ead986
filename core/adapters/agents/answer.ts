/** What machines are answered: JSON, or one short sentence that says why not. */

/** A request that is turned away; caught once, where requests come in. The sentence never holds a secret. */
export class TurnedAway extends Error {
  override name = 'TurnedAway'
  readonly status: number

  constructor(status: number, sentence: string) {
    super(sentence)
    this.status = status
  }
}

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })
}

/** `{ error: sentence }`: machines print it for the person who looks after them. */
export function refusal(problem: TurnedAway): Response {
  return json({ error: problem.message }, problem.status)
}
