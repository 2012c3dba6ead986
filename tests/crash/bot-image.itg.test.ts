import { describeKills } from '../support/kills.ts'

/**
 * The ledger's entries in an undisturbed migration: 1 the instance, then two snapshots and an image per sync. What a
 * job's changes are is told in bot-sync.itg.test.ts.
 */
describeKills('a bot that is killed on the way to an image', [
  { at: ['syncs.setPhase:after', 'cloud.createSnapshot:before', 'cloud.createSnapshot:after'] },
  { at: ['cloud.createSnapshot:after:2', 'ledger.created:before', 'syncs.setImagePercent:after'] },
  {
    at: [
      'ledger.intend:after:4',
      'cloud.createImage:before',
      'cloud.createImage:after',
      'ledger.created:after',
    ],
  },
  { at: ['images.record:before', 'images.record:after', 'jobs.change:before', 'jobs.change:after'] },
  {
    at: [
      'work.giveBack:before',
      'outbox.deliver:before',
      'approvals.request:after',
      'approvals.decide:before',
    ],
  },
  { at: ['approvals.decide:after', 'jobs.change:before', 'jobs.change:after', 'syncs.order:after'] },
  { at: ['jobs.change:before:9', 'jobs.change:after', 'cloud.deleteInstance:before'] },
  { at: ['cloud.deleteInstance:after', 'ledger.released:before', 'intermediates.end:before'] },
  { at: ['intermediates.end:after', 'jobs.change:before', 'jobs.change:after'] },
  { at: ['cloud.deleteImage:before', 'cloud.deleteImage:after', 'cloud.deleteSnapshot:after'], keep: 1 },
  { at: ['ledger.released:after:2', 'images.setDeleted:before', 'images.setDeleted:after'], keep: 1 },
  { at: ['verifications.start:after', 'verifications.setChecks:before'], verify: true },
  { at: ['verifications.setChecks:after', 'cloud.assistantAnswers:after'], verify: true },
  { at: ['verifications.end:before', 'verifications.end:after'], verify: true },
])
