/** Posts: messages at doors that are kept true. Who shows one holds it under a lease; every call may be repeated. */
import type { DoorName, Post } from '../domain/post.ts'

export interface NewPost extends Pick<Post, 'door' | 'kind' | 'subject' | 'place'> {
  /** Given when the door has put it up already. */
  readonly remoteId?: string
}

/** A post that somebody has taken to show it, with the mark of its subject as it was then. */
export interface TakenPost extends Post {
  /** Another one means that what is shown has moved: the post is due at once. */
  readonly mark: string
}

export interface Posts {
  /** Opens those that are not open yet; one that was opened before is left as it is, closed or not. */
  open(posts: readonly NewPost[]): Promise<void>
  byId(id: string): Promise<Post | undefined>
  /** Those of a subject that were put up, whether they are still open or not. */
  ofSubject(subject: Post['subject']): Promise<readonly Post[]>
  /** What a door calls a message: the post that it is, whether it is still open or not. */
  byRemoteId(door: DoorName, remoteId: string): Promise<Post | undefined>
  /**
   * Takes up to `limit` open posts of a door that are due and that nobody holds: those whose subject has moved first,
   * of them what people wait for (requests for approval, cutovers), then those that wait longest.
   */
  take(door: DoorName, owner: string, leaseMs: number, limit: number): Promise<readonly TakenPost[]>
  /**
   * Gives a post back as shown; it is due again after `againInMs`, or as soon as its subject moves. `closed`: nothing
   * more will change. Nothing happens when somebody else holds it by now.
   */
  shown(
    post: Pick<TakenPost, 'id' | 'mark'>,
    owner: string,
    what: {
      readonly remoteId: string | null
      readonly digest: string | null
      readonly againInMs: number
      readonly closed: boolean
    },
  ): Promise<void>
  /** Gives a post back as not shown: it is left alone for `againInMs`. `countsAsTry`: the door may have shown it. */
  failed(
    id: string,
    owner: string,
    how: { readonly problem: string; readonly againInMs: number; readonly countsAsTry: boolean },
  ): Promise<void>
  /** Ends it without another look: its place is gone. */
  close(id: string, problem: string | null): Promise<void>
  /** Deletes up to `limit` posts that were closed longer ago than `keepMs`. Returns how many. */
  forget(keepMs: number, limit: number): Promise<number>
}
