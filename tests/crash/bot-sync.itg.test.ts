import { describeKills } from '../support/kills.ts'

/**
 * The changes of a job in an undisturbed migration: 1 start, 2 the intermediate is made, 3 and is ready, 4 prepared,
 * 5 synced, 6 the next sync is asked for, 7 synced, 8 the last sync begins, 9 finished, 10 completed.
 */
describeKills('a bot that is killed on the way to a copy', [
  { at: ['jobs.create:before', 'jobs.create:after'] },
  { at: ['jobs.change:before:1', 'jobs.change:after:1', 'work.claim:after'] },
  { at: ['intermediates.plan:before', 'intermediates.plan:after'] },
  { at: ['ledger.intend:before', 'ledger.intend:after', 'cloud.createInstance:before'] },
  { at: ['cloud.createInstance:after', 'ledger.created:before', 'ledger.created:after'] },
  { at: ['intermediates.setInstance:after', 'intermediates.register:after'] },
  { at: ['jobs.change:before:3', 'jobs.change:after:2', 'work.claim:before:2'] },
  { at: ['syncs.order:before', 'syncs.order:after'] },
  { at: ['orders.agentReported:before', 'orders.agentReported:after'] },
  { at: ['orders.receiverReported:before', 'orders.receiverReported:after'] },
  { at: ['syncs.setTransferred:before', 'syncs.setTransferred:after'] },
  { at: ['jobs.change:after:6', 'syncs.order:after', 'work.renew:after'] },
])
