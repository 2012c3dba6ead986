/** Structured logging: a static message and facts; secrets never among them. */
export interface Log {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void
  /** For bugs: what nobody expected. */
  error(message: string, facts?: Readonly<Record<string, unknown>>): void
}
