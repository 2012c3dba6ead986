/**
 * The one shape in which every command answers. Doors differ only in how they render it: Slack blocks, GitHub
 * Markdown, a terminal view, JSON.
 */
import type { Phase } from '../domain/job.ts'

/** `done`: it has happened. `accepted`: it goes on, or waits for approval. `refused`: nothing was changed. */
export type Outcome = 'done' | 'accepted' | 'refused'

export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A sync as two bars and an image: comparison is bounded by the source's disk, transfer by the network. */
export interface ProgressView {
  readonly phase: Phase
  readonly totalBytes: number
  readonly comparedBytes: number
  readonly changedBytes: number
  readonly appliedBytes: number
  readonly wireBytes: number
  /** Bytes per second. */
  readonly compareRate: number
  readonly applyRate: number
  readonly limitedBy: 'disk' | 'network' | 'receiver' | 'limit' | null
  readonly imagePercent: number
  /** Milliseconds until the whole sync, its image included, ends; null while it cannot be told. */
  readonly leftMs: number | null
  /** 0 to 100 of the whole sync; 100 only when the image is Available. */
  readonly percent: number
}

/** Numbers side by side, to be compared at a glance. No door needs it: what matters of it stands in words as well. */
export interface Chart {
  readonly title: string
  readonly kind: 'lines' | 'bars'
  /** Of all values: `min`, `MiB`. */
  readonly unit: string
  readonly points: readonly string[]
  /** Each has a finite value for every point. */
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[]
}

/** Something that can be asked next: a command to copy, or a button. */
export interface NextStep {
  readonly label: string
  readonly command: string
  readonly effect: 'read' | 'change' | 'final'
  /** It is not for whoever asked: an approval. */
  readonly by?: 'others'
}

export interface Reply {
  readonly outcome: Outcome
  /** Stable and lower-case, for programs: `sync-started`, `not-legal-now`, `approval-needed`. */
  readonly code: string
  /** One sentence. */
  readonly title: string
  /** In the order in which people should read them. */
  readonly facts: Readonly<Record<string, string>>
  readonly table?: Table
  readonly charts?: readonly Chart[]
  readonly progress?: ProgressView
  readonly actions?: readonly NextStep[]
  /** A page to keep or to send on, as Markdown: a file where the door can send one. */
  readonly document?: { readonly name: string; readonly text: string }
  /** It holds a secret of the one who asked: no door shows it to anybody else. */
  readonly isPrivate?: true
  /** Nothing was changed, though its command changes things elsewhere: it is the asker's alone to read. */
  readonly isAnswer?: true
  /** The same for programs: plain JSON values, dates as ISO text. */
  readonly data?: Readonly<Record<string, unknown>>
}

type More = Partial<Omit<Reply, 'outcome' | 'code' | 'title'>>

export function done(code: string, title: string, more: More = {}): Reply {
  return { outcome: 'done', code, title, facts: {}, ...more }
}

export function accepted(code: string, title: string, more: More = {}): Reply {
  return { outcome: 'accepted', code, title, facts: {}, ...more }
}

/** Expected trouble: thrown anywhere in a command, caught once in `execute`, and answered as a refused reply. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly code: string
  readonly more: More

  constructor(code: string, sentence: string, more: More = {}) {
    super(sentence)
    this.code = code
    this.more = more
  }

  reply(): Reply {
    return { outcome: 'refused', code: this.code, title: this.message, facts: {}, ...this.more }
  }
}

/** A command that is legal but waits for others: answered as an accepted reply, nothing else is done. */
export class Pending extends Error {
  override name = 'Pending'
  readonly answer: Reply

  constructor(answer: Reply) {
    super(answer.title)
    this.answer = answer
  }
}
