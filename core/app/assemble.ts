import type { Bundles } from '../adapters/agents/bundles.ts'
import type { Machines } from '../adapters/agents/machines.ts'
import type { Tick } from '../adapters/bree/clock.ts'
import type { Command } from '../commands/define.ts'
import type { Fleet, FleetOptions } from '../commands/describe-fleet.ts'
import { describeFleet } from '../commands/describe-fleet.ts'
import type { Link, View } from '../commands/view.ts'
import { viewOf } from '../commands/view.ts'
import type { Person, Policy } from '../domain/policy.ts'
import type { DoorName, Post, Subject } from '../domain/post.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { NewPost } from '../ports/posts.ts'
import type { Workspaces } from '../ports/doors.ts'
import type { Store } from '../ports/store.ts'
import type { Ask } from './ask.ts'
import { createAsk } from './ask.ts'
import type { Workflows } from './workflows.ts'
import { createWorkflows } from './workflows.ts'
import type { Door } from './doors.ts'
import type { GitHubDesk } from './github.ts'
import { createGitHubDesk } from './github.ts'
import { linking, linksOf } from './links.ts'
import { personOfSlack, personOfToken } from './people.ts'
import type { ButtonReferences } from './references.ts'
import { buttonReferences } from './references.ts'

export type { Tick } from '../adapters/bree/clock.ts'

/** What doors know of Ferry. */
export interface App {
  readonly catalogue: readonly Command[]
  readonly machines: Machines
  readonly log: Log
  readonly execute: Ask
  /** The person whose token this is; undefined when it is nobody's. */
  authenticate(token: string): Person | undefined
  /** The person that a Slack user is. */
  slackPerson(userId: string): Person | undefined
  /** Runs of GitHub Actions. */
  readonly workflows: Workflows
  /** What the GitHub App keeps and is told by the policy. */
  readonly github: GitHubDesk
  /** True the first time a key is seen within `ttlMs`: what makes a replay known as one. */
  firstSeen(key: string, ttlMs: number): Promise<boolean>
  /** What buttons carry, and what it means. */
  readonly references: ButtonReferences
  readonly workspaces: Workspaces
  /** Base URL of the bot as others reach it. */
  readonly serverUrl: string
  /** What `create` takes where it is not told otherwise, by argument. */
  defaults(): Readonly<Record<string, string>>
  now(): Date
  /** Registers a door that shows and tells by itself; before `start`. */
  addDoor(door: Door): void
  /** How a subject stands now, as its posts show it; undefined when there is none of this id, and never will be. */
  view(subject: Subject): Promise<View | undefined>
  /** Where a subject is shown at doors, as far as people can be led there. */
  linksOf(subject: Subject): Promise<readonly Link[]>
  /** All jobs at a glance, for overviews: one query, some dozens of milliseconds for 500 jobs. */
  fleet(options?: FleetOptions): Promise<Fleet>
  /** Has a message kept true at a door from now on, such as where a person has asked. Repeatable: one is kept once. */
  openPosts(posts: readonly NewPost[]): Promise<void>
  /** The post that a door's message is, by what the door calls it. */
  postAt(door: DoorName, remoteId: string): Promise<Post | undefined>
  /** The posts that stand of a subject, the oldest first. */
  postsOf(subject: Subject): Promise<readonly Post[]>
  /** The channels that the policy file names, as it names them. */
  channels(): readonly string[]
  /** Reads the policy file again; a bad one changes nothing and is told in the log. Repeatable. */
  reloadPolicy(): Promise<void>
  /** Throws when the database does not answer. */
  ready(): Promise<void>
  /** Begins to carry out work: the engine and the ticks, those of doors too. Doors answer before it. */
  start(ticks?: readonly Tick[]): Promise<void>
  /** Answers the requests that are held open, so that the server can close. */
  endWaits(): void
  /** Ends the work at a safe point and closes the store. */
  stop(): Promise<void>
}

export interface AppParts {
  readonly store: Store
  readonly clock: Clock
  /** The one in force at this moment. */
  readonly policy: () => Policy
  readonly reloadPolicy: () => Promise<void>
  readonly catalogue: readonly Command[]
  readonly machines: Machines
  readonly bundles: Bundles
  readonly serverUrl: string
  readonly log: Log
  readonly makeSecret: () => string
  /** Where doors register. */
  readonly doors: Door[]
  /** Begins the long work; what it returns ends it. */
  readonly startWork: (ticks: readonly Tick[]) => Promise<{ stop(): Promise<void> }>
  /** Aborted by `endWaits`. */
  readonly stopping: AbortController
}

/** Puts the parts together; `core/app.ts` makes the real ones. */
export function assembleApp(parts: AppParts): App {
  let work: { stop(): Promise<void> } | undefined
  return {
    catalogue: parts.catalogue,
    machines: parts.machines,
    log: parts.log,
    execute: linking(createAsk(parts), (subject) => linksOf(parts, subject)),
    authenticate: (token) => personOfToken(parts.policy(), token),
    slackPerson: (userId) => personOfSlack(parts.policy(), userId),
    addDoor: (door) => {
      if (work !== undefined) throw new Error(`the door ${door.name} comes too late: work has begun`)
      parts.doors.push(door)
    },
    linksOf: (subject) => linksOf(parts, subject),
    view: (subject) => viewOf({ ...parts, policy: parts.policy() }, subject),
    fleet: (options) => describeFleet(parts, options),
    openPosts: (posts) => parts.store.posts.open(posts),
    channels: () => parts.policy().notices.flatMap(({ channel }) => channel ?? []),
    postsOf: (subject) => parts.store.posts.ofSubject(subject),
    postAt: (door, remoteId) => parts.store.posts.byRemoteId(door, remoteId),
    github: createGitHubDesk(parts.store, parts.policy),
    reloadPolicy: parts.reloadPolicy,
    workflows: createWorkflows(parts),
    references: buttonReferences(parts.store.references),
    workspaces: parts.store.workspaces,
    serverUrl: parts.serverUrl,
    defaults: () => {
      const { every, keep, auto, limit, image_name } = parts.policy().defaults
      return { every, keep: String(keep), auto, limit, 'image-name': image_name }
    },
    firstSeen: (key, ttlMs) => parts.store.firstSeen(key, ttlMs),
    now: () => parts.clock.now(),
    ready: () => parts.store.ping(),
    start: async (ticks = []) => {
      work ??= await parts.startWork(ticks)
    },
    endWaits: () => parts.stopping.abort(),
    stop: async () => {
      parts.stopping.abort()
      await work?.stop()
      await parts.store.close()
    },
  }
}
