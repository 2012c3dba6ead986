/**
 * What doors show by themselves. A post is a message at a door that is kept true: put up once, edited as what it shows
 * moves, closed when nothing more will change. A notice is told once and stays as it was told.
 */

/** The doors that have places of their own; the others only answer who asks. */
export const DOORS = ['slack', 'github'] as const
export type DoorName = (typeof DOORS)[number]

/** `reply`: what a person has asked for, kept true where they asked. The last three are GitHub's. */
export const POST_KINDS = [
  'sync',
  'job',
  'approval',
  'cutover',
  'reply',
  'check',
  'gate',
  'deployment',
] as const
export type PostKind = (typeof POST_KINDS)[number]

export const SUBJECT_KINDS = ['job', 'sync', 'approval', 'cutover'] as const

/** What a post shows. `id`: of the job or sync; of an approval or cutover its number. */
export interface Subject {
  readonly kind: (typeof SUBJECT_KINDS)[number]
  readonly id: string
}

/**
 * Where at a door. Slack: `channel` (an id or #name) or `user` (a direct message), and `thread` if it goes into one.
 * GitHub: `repository` (`owner/name`), and `issue`, `installation` or what else the kind of post needs.
 */
export type Place = Readonly<Record<string, string | number>>

export interface Post {
  readonly id: string
  readonly door: DoorName
  readonly kind: PostKind
  readonly subject: Subject
  readonly place: Place
  /** What the door calls the message; null until it was put up. */
  readonly remoteId: string | null
  /** Digest of what was last shown. */
  readonly shown: string | null
  readonly shownAt: Date | null
  /** Tries since it was last shown, the present one included: over 1, a former one may have put it up and died. */
  readonly tries: number
  /** Why the last try failed. */
  readonly problem: string | null
  readonly openedAt: Date
  readonly closedAt: Date | null
}

const FIRST_MS = 2000
const LONGEST_MS = 300_000

/** How long a door is left alone after so many failed tries: 2 s, 4 s, … at most 5 min. */
export function tryAgainMs(tries: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, Math.min(tries, 20) - 1))
}
