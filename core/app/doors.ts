/**
 * What core asks of a door that shows and tells by itself (Slack, GitHub). A door registers with `App.addDoor` before
 * `App.start`; core decides what is shown, where and when, and keeps the record; the door translates and sends.
 */
import type { Link, View } from '../commands/view.ts'
import type { DoorName, Place, Post } from '../domain/post.ts'
import type { OutboxRow } from '../ports/notices.ts'

export type { Link, Tone, View } from '../commands/view.ts'
export type { DoorName, Place, Post, PostKind, Subject } from '../domain/post.ts'
export type { NewPost } from '../ports/posts.ts'

/** One message of notices. What it says is `view`, the same at every door. */
export interface Told {
  /** Stays the same when the message is told again after a crash: what a door marks it with. */
  readonly id: string
  readonly view: View
  /** The most serious of its notices. */
  readonly severity: OutboxRow['severity']
  /** Somebody may have told it and died before that was recorded: look for the mark before it is told again. */
  readonly isRepeat: boolean
  /** One: as it is. Several: a digest, oldest first. */
  readonly notices: readonly OutboxRow[]
}

export interface Door {
  readonly name: DoorName
  /** How many posts the service behind it takes in a minute, at most; left out: as many as there are. */
  readonly showsPerMinute?: number
  /**
   * Puts the post up, or edits it when it has a `remoteId`, and returns what the door calls it from now on. It is asked
   * only when `view` differs from what was last shown. Without a `remoteId` and with `tries` over 1, a former try may
   * have put it up and died: then the door looks for its mark, the post's id, at the place before it creates.
   * Throws `DoorBusy`, `PlaceGone`, or anything else: then it is tried again with growing pauses. `signal` is aborted
   * when it takes too long; what is sent after that may be sent once more.
   */
  show(post: Post, view: View, signal: AbortSignal): Promise<string>
  /** Where people find a post of this door, for what is shown of the same elsewhere; undefined: nowhere. */
  link?(post: Post): Link | undefined
  /** Tells a message at a place, once; the same rules. Nothing later is told there before it has been. */
  tell(place: Place, message: Told, signal: AbortSignal): Promise<void>
}

/** The service asks to be left alone for so long (429 and `Retry-After`); `isWhole`: not this place alone, the door. */
export class DoorBusy extends Error {
  override name = 'DoorBusy'
  readonly afterMs: number
  readonly isWhole: boolean

  constructor(afterMs: number, { isWhole = false }: { readonly isWhole?: boolean } = {}) {
    super(`busy for ${afterMs} ms`)
    this.afterMs = afterMs
    this.isWhole = isWhole
  }
}

/** Nothing can be shown at this place any more, whoever tries: the channel is archived, the issue is locked or gone. */
export class PlaceGone extends Error {
  override name = 'PlaceGone'
}
