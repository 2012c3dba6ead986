/**
 * A cutover: the hours in which people and Ferry together move one or several jobs over. It is a plan with a checklist
 * per job, roles, and an order. It decides nothing about a job by itself: what Ferry knows is read from the jobs each
 * time, what only people know is ticked by them.
 */
import type { Person } from './policy.ts'
import { mayAct } from './policy.ts'

/** What people tick, because no program can know it. */
export const PERSON_STEPS = ['services-stopped', 'verified-by-hand', 'addresses', 'services-up'] as const
export type PersonStep = (typeof PERSON_STEPS)[number]

/** Beside the lead, who alone may end or stop a cutover (an admin may, too). */
export const ROOM_ROLES = ['lead', 'services', 'network', 'scribe'] as const
export type RoomRole = (typeof ROOM_ROLES)[number]

export interface Mark {
  readonly by: string
  readonly at: Date
}

/** Why the wave could not begin with a job, as its refusal said. */
export interface Obstacle {
  readonly code: string
  readonly title: string
  readonly at: Date
  /** The job's version then: once the job has changed, it is asked again at once. */
  readonly jobVersion: number
}

export interface CutoverJob {
  readonly jobId: string
  readonly job: string
  readonly ticks: Readonly<Partial<Record<PersonStep, Mark>>>
  readonly obstacle: Obstacle | null
}

/** A role that somebody is asked to take over; it is theirs once they accept. */
export interface Offer extends Mark {
  readonly role: RoomRole
  readonly to: string
}

export interface Cutover {
  readonly number: number
  /** Raised by every change; guards all writes. */
  readonly version: number
  readonly startedBy: string
  readonly startedAt: Date
  /** In the order in which they are moved over. */
  readonly jobs: readonly CutoverJob[]
  /** How many jobs are moved over at the same time. */
  readonly concurrency: number
  /** Whether no further job begins while one has failed. */
  readonly stopsOnFailure: boolean
  /** Whether Ferry verifies the last image of each job by itself. */
  readonly verifies: boolean
  readonly roles: Readonly<Partial<Record<RoomRole, string>>>
  readonly offers: readonly Offer[]
  readonly signedOff: Mark | null
  readonly ended: (Mark & { readonly result: 'done' | 'stopped'; readonly reason: string | null }) | null
}

/** What a cutover is made of when it starts. */
export type CutoverPlan = Omit<Cutover, 'number' | 'version'>

/** A change of a cutover; undefined when there is nothing to change. */
type Changed = Cutover | undefined

export function withTick(
  cutover: Cutover,
  jobs: readonly string[],
  step: PersonStep,
  mark: Mark | null,
): Changed {
  const isMeant = ({ job, ticks }: CutoverJob): boolean =>
    jobs.includes(job) && (mark !== null || ticks[step] !== undefined)
  if (!cutover.jobs.some(isMeant)) return undefined
  return {
    ...cutover,
    jobs: cutover.jobs.map((each) => {
      if (!isMeant(each)) return each
      const others = Object.entries(each.ticks).filter(([name]) => name !== step)
      // What stood in the way was said before: a new tick asks anew.
      const ticks = Object.fromEntries(mark === null ? others : [...others, [step, mark]])
      return { ...each, obstacle: null, ticks }
    }),
  }
}

export function withObstacle(cutover: Cutover, job: string, obstacle: Obstacle | null): Cutover {
  return {
    ...cutover,
    jobs: cutover.jobs.map((each) => (each.job === job ? { ...each, obstacle } : each)),
  }
}

/** A role offered to somebody; an earlier offer of the same role ends. */
export function withOffer(cutover: Cutover, offer: Offer): Cutover {
  return { ...cutover, offers: [...cutover.offers.filter(({ role }) => role !== offer.role), offer] }
}

/** All roles that were offered to this person are theirs; undefined when none was. */
export function withAcceptance(cutover: Cutover, person: string): Changed {
  const mine = cutover.offers.filter(({ to }) => to === person)
  if (mine.length === 0) return undefined
  const taken = Object.fromEntries(mine.map(({ role }) => [role, person]))
  return {
    ...cutover,
    roles: { ...cutover.roles, ...taken },
    offers: cutover.offers.filter(({ to }) => to !== person),
  }
}

/** Whether this person may end, stop or hand over: the lead, or whoever may do everything. */
export function mayLead(cutover: Cutover, person: Pick<Person, 'name' | 'role'>): boolean {
  return cutover.roles.lead === person.name || mayAct(person.role, 'admin')
}

/** `lead olga, network bob; services offered to pete` */
export function rolesWords({ roles, offers }: Cutover): string {
  const held = ROOM_ROLES.flatMap((role) => (roles[role] === undefined ? [] : [`${role} ${roles[role]}`]))
  const offered = offers.map(({ role, to }) => `${role} offered to ${to}, not accepted yet`)
  const lead = roles.lead === undefined ? ['no lead yet'] : []
  return [...lead, ...held, ...offered].join('; ')
}
