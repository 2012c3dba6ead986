/**
 * What was answered to requests that carry a key, so that the same key gets the same reply: a workflow's step may be
 * sent again by any retry on its way and is carried out once.
 */
export type Taken =
  /** Nobody has asked under this key yet: answer, then `put`. */
  | { readonly how: 'first' }
  /** Whoever began to answer has died: look in the audit whether it has happened; then answer and `put`. */
  | { readonly how: 'left' }
  /** It is being answered at this moment. */
  | { readonly how: 'busy' }
  | { readonly how: 'answered'; readonly reply: unknown }
  /** The key was used for something else. */
  | { readonly how: 'other' }

export interface Answers {
  /**
   * Takes the key for `leaseMs`, or says why it cannot be taken; of many at once one gets it. The reply is kept for
   * `keepMs`. `digest`: of what is asked.
   */
  take(
    key: string,
    digest: string,
    times: { readonly leaseMs: number; readonly keepMs: number },
  ): Promise<Taken>
  /** Stores the reply. Repeatable. */
  put(key: string, reply: object): Promise<void>
  /** Gives the key back without a reply: the next one finds it `left`. */
  leave(key: string): Promise<void>
}
