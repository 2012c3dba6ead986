/**
 * Notices on their way to people. A line is what is told at one place of one door, in order; who tells holds the line
 * under a lease, so that no notice overtakes another there, and no place waits for another.
 */
import type { DoorName, Place } from '../domain/post.ts'
import type { OutboxRow } from './notices.ts'

/** Where a notice is to be told. */
export interface Destined {
  readonly door: DoorName
  readonly place: Place
  /** When it is told together with others; null: as soon as it can be. */
  readonly digestAt: Date | null
}

export interface Line {
  readonly id: string
  readonly door: DoorName
  readonly place: Place
  /** Whether it gathers what is told together at set times. */
  readonly isDigest: boolean
  readonly tries: number
}

/** What waits in a line. */
export interface Waiting {
  readonly count: number
  /** When the oldest was said; null when nothing waits. */
  readonly since: Date | null
  /** Messages told here within the time asked for. */
  readonly toldLately: number
}

/** One message that is told, of one notice or of several, oldest first. A message keeps its id and notices for ever. */
export interface Message {
  readonly id: string
  readonly notices: readonly OutboxRow[]
  /** Somebody may have told it before and died: a door looks before it tells it again. */
  readonly isRepeat: boolean
}

export interface Deliveries {
  /** Puts a notice into the lines of its places; one that is in a line already is not added again. */
  add(noticeId: string, to: readonly Destined[]): Promise<void>
  /** Takes up to `limit` lines of a door in which something is due and that nobody holds, longest waiting first. */
  takeLines(door: DoorName, owner: string, leaseMs: number, limit: number): Promise<readonly Line[]>
  waiting(lineId: string, latelyMs: number): Promise<Waiting>
  /** The message that was begun and not finished, else a new one of the next `size` notices; undefined when none wait. */
  nextMessage(lineId: string, owner: string, size: number): Promise<Message | undefined>
  /** The message was told: its notices wait no more. Nothing happens when somebody else holds the line by now. */
  told(lineId: string, owner: string, messageId: string): Promise<void>
  /** Gives the line back; it is left alone for `againInMs`. `problem`: what the door said, null when all is well. */
  giveBack(
    lineId: string,
    owner: string,
    how: { readonly againInMs: number; readonly problem: string | null },
  ): Promise<void>
  /** The place is gone: what waits there is given up. Returns how many notices that were. */
  giveUp(lineId: string, owner: string, problem: string): Promise<number>
  /**
   * Deletes up to `limit` notices, with where they were told, that were spread longer ago than `keepMs` and wait in no
   * line. What is said once only stays, so that it is never said again. Returns how many.
   */
  forget(keepMs: number, limit: number): Promise<number>
}
