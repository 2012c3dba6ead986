/** Why a step failed before or beside what the bot answered: a stable code for `reason-code`, and a sentence. */
export class Failure extends Error {
  override name = 'Failure'
  readonly code: string

  constructor(code: string, sentence: string, cause?: unknown) {
    super(sentence, { cause })
    this.code = code
  }
}
