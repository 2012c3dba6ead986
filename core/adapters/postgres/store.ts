import { sql } from 'drizzle-orm'
import type { Store } from '../../ports/store.ts'
import { openAnswers } from './answers.ts'
import { openApprovals } from './approvals.ts'
import { openAudit } from './audit.ts'
import { hangBell } from './bell.ts'
import { connect } from './connect.ts'
import { openCutovers } from './cutovers.ts'
import { openDeliveries } from './deliveries.ts'
import { openDestinations } from './destinations.ts'
import { openFleet } from './fleet.ts'
import { openFreezes } from './freezes.ts'
import { openDrills } from './drills.ts'
import { openGates } from './gates.ts'
import { openImages } from './images.ts'
import { openInbox } from './inbox.ts'
import { openIntermediates } from './intermediates.ts'
import { openJobs } from './jobs.ts'
import { openLedger } from './ledger.ts'
import { openOrders } from './orders.ts'
import { openOutbox } from './outbox.ts'
import { openPosts } from './posts.ts'
import { openReferences } from './references.ts'
import { firstSeen, once } from './seen.ts'
import { openSources } from './sources.ts'
import { openSyncs } from './syncs.ts'
import { openTasks } from './tasks.ts'
import { openVerifications } from './verifications.ts'
import { openWork } from './work.ts'
import { openWorkspaces } from './workspaces.ts'

/** Opens the store on a database that `migrate` has prepared; throws when it does not answer. */
export async function openStore(url: string): Promise<Store> {
  const database = connect(url)
  const ping = async () => void (await database.run(sql`select 1`))
  try {
    await ping()
  } catch (error) {
    await database.close()
    throw error
  }
  // Hung after the first answer, so that a wrong address is told once and plainly instead of being tried for ever.
  const bell = hangBell(url)
  return {
    jobs: openJobs(database),
    syncs: openSyncs(database),
    images: openImages(database),
    approvals: openApprovals(database),
    freezes: openFreezes(database),
    fleet: openFleet(database),
    sources: openSources(database),
    intermediates: openIntermediates(database),
    orders: openOrders(database, bell),
    tasks: openTasks(database),
    drills: openDrills(database),
    ledger: openLedger(database),
    destinations: openDestinations(database),
    verifications: openVerifications(database),
    work: openWork(database, bell),
    audit: openAudit(database),
    answers: openAnswers(database),
    outbox: openOutbox(database),
    cutovers: openCutovers(database),
    posts: openPosts(database),
    deliveries: openDeliveries(database),
    references: openReferences(database),
    workspaces: openWorkspaces(database),
    inbox: openInbox(database),
    gates: openGates(database),
    firstSeen: (key, ttlMs) => firstSeen(database, key, ttlMs),
    once: (name, make) => once(database, name, make),
    now: async () => {
      const [row] = await database.run(sql`select clock_timestamp() as now`)
      return new Date(String(row?.['now']))
    },
    ping,
    close: async () => void (await Promise.all([bell.close(), database.close()])),
  }
}
