import { describeKills } from '../support/kills.ts'

/**
 * The ledger's entries in an undisturbed migration: 1 the instance, then two snapshots and an image per sync. What a
 * job's changes are is told in bot-sync.itg.test.ts.
 */
describeKills('a bot that is killed on the way to an image', [
  { at: ['cloud.createSnapshot:before', 'cloud.createSnapshot:after:2', 'syncs.setImagePercent:after'] },
  { at: ['ledger.intend:after:4', 'cloud.createImage:before', 'cloud.createImage:after'] },
  { at: ['ledger.created:before:4', 'images.record:before', 'images.record:after'] },
  { at: ['jobs.change:before:5', 'jobs.change:after', 'work.giveBack:before'] },
  { at: ['approvals.request:after', 'approvals.decide:before', 'approvals.decide:after'] },
  { at: ['jobs.change:after:8', 'jobs.change:before', 'cloud.deleteInstance:before'] },
  { at: ['cloud.deleteInstance:after', 'ledger.released:before', 'jobs.change:after'] },
  { at: ['images.beginDelete:after', 'cloud.deleteImage:after', 'images.setDeleted:before'], keep: 1 },
])
