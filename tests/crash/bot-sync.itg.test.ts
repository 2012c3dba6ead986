import { describeKills } from '../support/kills.ts'

/**
 * The changes of a job in an undisturbed migration: 1 start, 2 the intermediate is made, 3 and is ready, 4 prepared,
 * 5 synced, 6 the next sync is asked for, 7 synced, 8 the last sync begins, 9 finished, 10 completed.
 */
describeKills('a bot that is killed on the way to a copy', [
  {
    at: [
      'jobs.create:after',
      'jobs.change:before',
      'jobs.change:after',
      'work.claim:after:2',
      // The receiver registers by itself: only here does it surely meet the life that waits for it.
      'intermediates.register:after',
    ],
  },
  { at: ['intermediates.plan:after', 'ledger.intend:after', 'cloud.createInstance:before'] },
  { at: ['cloud.createInstance:after', 'ledger.created:before'] },
  { at: ['jobs.change:after:3', 'syncs.order:before', 'syncs.order:after'] },
  { at: ['orders.agentReported:before', 'orders.agentReported:after', 'orders.receiverReported:before'] },
  { at: ['orders.receiverReported:after', 'syncs.setTransferred:before', 'syncs.setTransferred:after'] },
  { at: ['verifications.start:after', 'verifications.setChecks:before'], verify: true },
  { at: ['cloud.assistantAnswers:after', 'verifications.end:before'], verify: true },
  { at: ['cloud.isolatedGroup:after', 'cloud.consoleOutput:before'], verify: true },
])
