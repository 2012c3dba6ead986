/** What a post shows of its subject: the one reply shape, made anew each time, in the words of `status` and `troubleshoot`. */
import type { Subject } from '../domain/post.ts'
import type { Looking } from './define.ts'
import type { Reply } from './reply.ts'
import { viewCutover } from './describe-cutover.ts'
import { viewApproval } from './view-approval.ts'
import { viewJob, viewSync } from './view-sync.ts'

/** How it stands, for a mark, a colour or the conclusion of a check. `waits`: for people. `neutral`: over, neither way. */
export type Tone = 'moving' | 'waits' | 'good' | 'bad' | 'neutral'

/** Where the same is shown or carried out elsewhere. */
export interface Link {
  readonly label: string
  /** `https://…` */
  readonly url: string
}

export interface View {
  readonly reply: Reply
  readonly tone: Tone
  /** Nothing of it will change any more. */
  readonly closed: boolean
  readonly links?: readonly Link[]
}

/** How a subject stands now; undefined when there is none of this id, and never will be. */
export async function viewOf(looking: Looking, { kind, id }: Subject): Promise<View | undefined> {
  switch (kind) {
    case 'job':
      return viewJob(looking, id)
    case 'sync':
      return viewSync(looking, id)
    case 'approval':
      return viewApproval(looking, id)
    case 'cutover':
      return viewCutover(looking, id)
  }
}
