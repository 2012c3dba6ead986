import type { Cloud } from '../ports/cloud.ts'
import type { Store } from '../ports/store.ts'

/** Called with the name of every place where a test may kill the bot. */
export type Failpoint = (name: `bot:${string}`) => void

type Kind = 'read' | 'write'
type Methods<T> = { readonly [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T]
type Areas = Pick<Store, Exclude<keyof Store, Methods<Store>>>
type Calls = { readonly [A in keyof Areas]: Readonly<Record<keyof Areas[A], Kind>> } & {
  readonly store: Readonly<Record<Methods<Store>, Kind>>
  readonly cloud: Readonly<Record<keyof Cloud, Kind>>
}

/**
 * Every call of the two ports behind which state and money lie. The type demands all of them, so that a new call
 * cannot be forgotten here. Calls of the cloud are all `write`: what a reply says is acted on, and it may be lost.
 */
const CALLS: Calls = {
  jobs: {
    create: 'write',
    named: 'read',
    byId: 'read',
    list: 'read',
    openOfSource: 'read',
    disks: 'read',
    change: 'write',
    noteFault: 'write',
    due: 'read',
    late: 'read',
    catchUp: 'write',
    completedAsTheyWere: 'read',
    claimCostReminders: 'write',
  },
  syncs: {
    running: 'read',
    byId: 'read',
    list: 'read',
    recent: 'read',
    setForecast: 'write',
    setPhase: 'write',
    setImagePercent: 'write',
    order: 'write',
    withdraw: 'write',
    work: 'read',
    setTransferred: 'write',
    restart: 'write',
    roots: 'read',
  },
  images: {
    list: 'read',
    byId: 'read',
    record: 'write',
    setInUse: 'write',
    setPinned: 'write',
    beginDelete: 'write',
    setDeleted: 'write',
  },
  approvals: {
    request: 'write',
    byNumber: 'read',
    latest: 'read',
    open: 'read',
    approved: 'read',
    decide: 'write',
    withdraw: 'write',
    abandon: 'write',
    expire: 'write',
  },
  fleet: { list: 'read' },
  freezes: { ofAll: 'read', freezeAll: 'write', unfreezeAll: 'write' },
  sources: {
    invite: 'write',
    named: 'read',
    byId: 'read',
    list: 'read',
    enrol: 'write',
    isInvited: 'read',
    key: 'read',
    seen: 'write',
  },
  intermediates: {
    plan: 'write',
    current: 'read',
    byKey: 'read',
    setInstance: 'write',
    register: 'write',
    seen: 'write',
    end: 'write',
  },
  orders: { forSource: 'read', agentReported: 'write', receiverReported: 'write', wait: 'read' },
  drills: { running: 'read', latest: 'read', setAsked: 'write' },
  tasks: {
    ask: 'write',
    byId: 'read',
    latest: 'read',
    open: 'read',
    reported: 'write',
    stop: 'write',
    expire: 'write',
  },
  ledger: {
    intend: 'write',
    created: 'write',
    setAddress: 'write',
    released: 'write',
    byKey: 'read',
    byCloudId: 'read',
    open: 'read',
    askRelease: 'write',
    setPrice: 'write',
  },
  destinations: {
    of: 'read',
    unfinished: 'read',
    looked: 'write',
    plan: 'write',
    setStep: 'write',
    swapped: 'write',
    askWayBack: 'write',
    endWayBack: 'write',
  },
  verifications: {
    start: 'write',
    byId: 'read',
    list: 'read',
    setChecks: 'write',
    setDoing: 'write',
    end: 'write',
  },
  work: { claim: 'write', renew: 'write', giveBack: 'write', wait: 'read' },
  audit: { add: 'write', list: 'read', of: 'read', withKey: 'read', verify: 'read' },
  answers: { take: 'write', put: 'write', leave: 'write' },
  outbox: { add: 'write', addOnce: 'write', deliver: 'write' },
  references: { keep: 'write', look: 'read', use: 'write', giveBack: 'write' },
  workspaces: {
    install: 'write',
    installation: 'read',
    first: 'read',
    uninstall: 'write',
    refuses: 'write',
    isPlain: 'read',
  },
  cutovers: { start: 'write', byNumber: 'read', open: 'read', change: 'write' },
  posts: {
    open: 'write',
    byId: 'read',
    ofSubject: 'read',
    byRemoteId: 'read',
    take: 'write',
    shown: 'write',
    failed: 'write',
    close: 'write',
    forget: 'write',
  },
  deliveries: {
    add: 'write',
    takeLines: 'write',
    waiting: 'read',
    nextMessage: 'write',
    told: 'write',
    giveBack: 'write',
    giveUp: 'write',
    forget: 'write',
  },
  inbox: {
    take: 'write',
    claim: 'write',
    renew: 'write',
    isKnown: 'read',
    done: 'write',
    again: 'write',
    byNumber: 'read',
    follow: 'write',
    sweep: 'write',
  },
  gates: {
    open: 'write',
    claim: 'write',
    ofRun: 'read',
    ofApproval: 'read',
    asked: 'write',
    decide: 'write',
    reporting: 'write',
    reported: 'write',
    answered: 'write',
    giveBack: 'write',
  },
  store: { firstSeen: 'write', once: 'write', now: 'read', ping: 'read', close: 'read' },
  cloud: {
    createInstance: 'write',
    instance: 'write',
    instancesTagged: 'write',
    restartInstance: 'write',
    deleteInstance: 'write',
    assistantAnswers: 'write',
    runCommand: 'write',
    commandResult: 'write',
    consoleOutput: 'write',
    isolatedGroup: 'write',
    stopInstance: 'write',
    disksOf: 'write',
    disk: 'write',
    attachDisk: 'write',
    detachDisk: 'write',
    deleteDisk: 'write',
    createSnapshot: 'write',
    snapshot: 'write',
    snapshotsTagged: 'write',
    deleteSnapshot: 'write',
    createImage: 'write',
    image: 'write',
    imagesTagged: 'write',
    deleteImage: 'write',
    createDisk: 'write',
    replaceSystemDisk: 'write',
    tag: 'write',
    untag: 'write',
    stock: 'write',
    tryInstance: 'write',
    tryImage: 'write',
    price: 'write',
    inventory: 'write',
  },
}

export const isWrite = (area: string, call: string): boolean =>
  (CALLS as Readonly<Record<string, Readonly<Record<string, Kind>>>>)[area]?.[call] === 'write'

/** Every failpoint of the bot: `bot:jobs.change:before`, `bot:cloud.createImage:after`, and so on. */
export function botFailpoints(): readonly `bot:${string}`[] {
  return Object.entries(CALLS).flatMap(([area, calls]) =>
    Object.keys(calls)
      .filter((call) => isWrite(area, call))
      .flatMap((call) => [`bot:${area}.${call}:before` as const, `bot:${area}.${call}:after` as const]),
  )
}

/**
 * The same object, with a failpoint before and after every call that writes. Killing the bot at each of them must
 * lose nothing. `area`: `store` or `cloud`; the parts of a store have the names they have in it.
 */
export function withFailpoints<T extends Store | Cloud>(target: T, area: string, failpoint: Failpoint): T {
  return new Proxy(target, {
    get: (object, key) => {
      const value: unknown = Reflect.get(object, key)
      if (typeof key !== 'string') return value
      if (typeof value === 'object' && value !== null) return withFailpoints(value as T, key, failpoint)
      if (typeof value !== 'function') return value
      const call = value as (...args: unknown[]) => unknown
      const bound = (...args: unknown[]): unknown => call.apply(object, args)
      if (!isWrite(area, key)) return bound
      return async (...args: unknown[]) => {
        failpoint(`bot:${area}.${key}:before`)
        const result = await bound(...args)
        failpoint(`bot:${area}.${key}:after`)
        return result
      }
    },
  })
}
