import { describeKills } from '../support/kills.ts'

/**
 * The changes of a job in an undisturbed migration: 1 start, 2 the intermediate is made, 3 and is ready, 4 prepared,
 * 5 synced, 6 the next sync is asked for, 7 synced, 8 the last sync begins, 9 finished, 10 completed.
 */
describeKills('a bot that is killed on the way to a copy', [
  { at: ['jobs.create:after', 'jobs.change:before', 'jobs.change:after'] },
  { at: ['work.claim:after:3', 'intermediates.plan:after'] },
  { at: ['ledger.intend:before', 'ledger.intend:after', 'cloud.createInstance:before'] },
  { at: ['cloud.createInstance:after', 'ledger.created:after'] },
  { at: ['intermediates.setInstance:after', 'intermediates.register:after'] },
  { at: ['jobs.change:after:3', 'syncs.order:before', 'syncs.order:after'] },
  { at: ['orders.agentReported:before', 'orders.agentReported:after'] },
  { at: ['orders.receiverReported:after', 'syncs.setTransferred:before', 'syncs.setTransferred:after'] },
  { at: ['verifications.start:after', 'verifications.setChecks:before'], verify: true },
  { at: ['verifications.setChecks:after', 'verifications.end:before'], verify: true },
])
