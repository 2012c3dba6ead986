import { Fault } from '../../domain/faults.ts'
import type { Cloud, Snapshot } from '../../ports/cloud.ts'
import type { Ecs } from './client.ts'
import { cloudCode } from './errors.ts'
import { allPages, PAGE_SIZE } from './pages.ts'
import { toPercent } from './percent.ts'
import type { Body, RequestFields } from './sdk.ts'
import { fromTags, toTags } from './tags.ts'
import { clientToken, firstOrNew } from './token.ts'

type Snapshots = Pick<Cloud, 'createSnapshot' | 'snapshot' | 'snapshotsTagged' | 'deleteSnapshot'>

/** The snapshots of a region. */
export function snapshotsOf(ecs: Ecs): Snapshots {
  const list = (filter: RequestFields<'describeSnapshots'>) =>
    allPages(async (pageNumber) => {
      const page = { regionId: ecs.region, pageNumber, pageSize: PAGE_SIZE }
      const body = await ecs.ask('describeSnapshots', { ...page, ...filter })
      return { items: (body.snapshots?.snapshot ?? []).map(toSnapshot), total: body.totalCount ?? 0 }
    })
  const snapshotsTagged: Snapshots['snapshotsTagged'] = (tags) => list({ tag: toTags(tags) })

  return {
    snapshot: async (id) => (await list({ snapshotIds: JSON.stringify([id]) }))[0],
    snapshotsTagged,
    createSnapshot: ({ token, diskId, name, tags }) =>
      firstOrNew(snapshotsTagged({ 'ferry:key': tags['ferry:key'] }), async () => {
        const asked = { clientToken: clientToken(token), diskId, snapshotName: name, tag: toTags(tags) }
        const { snapshotId, requestId } = await ecs.ask('createSnapshot', asked)
        if (snapshotId !== undefined) return snapshotId
        throw new Fault('CLOUD_REFUSED', 'The cloud named no snapshot.', { RequestId: requestId ?? '' })
      }),
    deleteSnapshot: async (id) => {
      try {
        // Forced only as far as disks made of it go, which live on without it; an image still refuses.
        await ecs.ask('deleteSnapshot', { snapshotId: id, force: true })
      } catch (error) {
        if (cloudCode(error) !== 'InvalidSnapshotId.NotFound') throw error
      }
    },
  }
}

type EcsSnapshot = NonNullable<NonNullable<Body<'describeSnapshots'>['snapshots']>['snapshot']>[number]

function toSnapshot(found: EcsSnapshot): Snapshot {
  return {
    id: found.snapshotId ?? '',
    diskId: found.sourceDiskId ?? '',
    status: (found.status ?? 'progressing') as Snapshot['status'],
    percent: toPercent(found.progress),
    sizeGiB: Number(found.sourceDiskSize ?? 0),
    tags: fromTags(found.tags),
  }
}
