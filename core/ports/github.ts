/** What the GitHub App keeps: the deliveries that it has taken in, and the gates at which workflow runs wait. */

/** A delivery, read and reduced to what Ferry acts on. `what` is the door’s own; the store only keeps it. */
export interface Delivery {
  /** GitHub’s id: the same when it is sent again. */
  readonly id: string
  /** `issue_comment.created` */
  readonly event: string
  /** Deliveries of one place (`acme/operations#12`) are carried out one after another. */
  readonly place: string
  readonly what: unknown
}

export interface TakenDelivery extends Delivery {
  /** 1, 2, 3 … in the order in which they came; what people refer to. */
  readonly number: number
  readonly at: Date
  /** How often it was tried and could not be carried out. */
  readonly tries: number
}

/** The inbox: what GitHub has sent, each delivery once, carried out by whichever replica claims it. */
export interface Inbox {
  /** False when this delivery is known already. Once it returns, the delivery is never lost. */
  take(delivery: Delivery): Promise<boolean>
  /**
   * Claims up to `limit` that are due, for `leaseMs`, oldest first; of each place only the first that is not done. No
   * two callers get the same.
   */
  claim(owner: string, leaseMs: number, limit: number): Promise<readonly TakenDelivery[]>
  /** Prolongs what this owner holds. */
  renew(owner: string, leaseMs: number): Promise<void>
  /** It is carried out, or given up. `outcome`: a reply’s code or a sentence, to be read. */
  done(id: string, owner: string, outcome: string): Promise<void>
  /** It could not be carried out now. */
  again(id: string, owner: string, inMs: number, problem: string): Promise<void>
  /** Whether it was ever taken, done or not. */
  isKnown(id: string): Promise<boolean>
  /** One of the last `forMs`, by its number. */
  byNumber(number: number, forMs: number): Promise<TakenDelivery | undefined>
  /** Lets one delivery follow another, as a confirmation follows what it confirms. False when another has. Repeatable. */
  follow(number: number, follower: string): Promise<boolean>
  /** Forgets those that were done longer than `olderMs` ago. */
  sweep(olderMs: number): Promise<void>
}

/** The run of a workflow, as GitHub and its tokens name it; by numbers, as names can be given away. */
export interface RunKey {
  /** Which GitHub: another one may have the same numbers. */
  readonly issuer: string
  readonly repositoryId: string
  readonly runId: string
  readonly attempt: string
}

export interface NewGate extends RunKey {
  /** `acme/operations` */
  readonly repository: string
  readonly installationId: number
  readonly environment: string
}

export type GateDecision = 'approved' | 'rejected'

/** A workflow run that waits at an environment until Ferry approves or rejects. */
export interface Gate extends NewGate {
  readonly id: string
  /** When GitHub last asked, for one job of the run or another. */
  readonly askedAt: Date
  /** The job that it is about; null until that is known. */
  readonly job: string | null
  /** Whom the run belongs to, in the words of ferry.yaml; null until that is known. */
  readonly requestedBy: string | null
  /** The number of the request for approval; null until it was made, and when none is needed. */
  readonly approval: number | null
  readonly decision: GateDecision | null
  /** A sentence for whoever looks at the run. */
  readonly reason: string
  /** When GitHub has taken the decision, or the run was over without it. */
  readonly answeredAt: Date | null
  /** Status reports sent so far, and the digest of the last. */
  readonly reports: number
  readonly shown: string | null
  readonly tries: number
}

export interface Gates {
  /**
   * Opens a gate, or returns the one that stands for this run and environment. `again`: GitHub asks about another job
   * of the run; what was decided is told once more.
   */
  open(gate: NewGate, again: boolean): Promise<Gate>
  /** Claims up to `limit` unanswered ones that are due, for `leaseMs`. No two callers get the same. */
  claim(owner: string, leaseMs: number, limit: number): Promise<readonly Gate[]>
  /** The gates of one run. */
  ofRun(run: RunKey): Promise<readonly Gate[]>
  /** Those with this request for approval. */
  ofApproval(number: number): Promise<readonly Gate[]>
  /** Writes down what it is about. The first request stands. Repeatable. */
  asked(id: string, what: Pick<Gate, 'job' | 'requestedBy' | 'approval'>): Promise<void>
  /** Decides it; the first decision stands. Repeatable. */
  decide(id: string, decision: GateDecision, reason: string): Promise<void>
  /** A status report is about to be sent: counted before, so that GitHub’s limit holds. */
  reporting(id: string): Promise<void>
  reported(id: string, digest: string): Promise<void>
  /**
   * Nothing more is to be done, unless GitHub has asked once more since `askedAt`: then it is due again at once, for
   * nobody knows whether the answer came after that question. Repeatable.
   */
  answered(gate: Pick<Gate, 'id' | 'askedAt'>): Promise<void>
  /** Gives it back, to be looked at again after `inMs`. `tries`: how often that failed in a row. */
  giveBack(id: string, owner: string, inMs: number, tries: number): Promise<void>
}
