/** Asks the cloud what a migration would meet there, without making anything. */
import { wholeGiB } from '../domain/bytes.ts'
import type { CloudFacts, CloudTry } from '../domain/cloud-facts.ts'
import { Fault, faultDetail } from '../domain/faults.ts'
import type { Told } from '../domain/source-facts.ts'
import type { JobWork } from './work.ts'

/** The key that nothing in the ledger has: what is only tried is never made. */
const TRIED = 'drill'

export async function askCloud(work: JobWork): Promise<CloudFacts> {
  const { cloud, store, settings, clock } = work.parts
  const { job } = work
  const { vSwitch, securityGroup, instanceTypes, baseImage, publicAddress } = settings.cloud
  const tags = { 'ferry:job': job.id, 'ferry:key': TRIED }
  const disks = await store.jobs.disks(job.id)
  const stock = await told(() => cloud.stock(job.zone, instanceTypes))
  const tries = [
    await tried('ecs:RunInstances', () =>
      cloud.tryInstance({
        // Of this moment: an answer that is remembered with a token would not be one about now.
        ...{ token: `${job.id}/${TRIED}/${clock.now().getTime()}`, name: `ferry-drill-${job.name}` },
        ...{ imageId: baseImage, instanceTypes, zone: job.zone, vSwitch, securityGroup, publicAddress, tags },
        systemDiskGiB: 20,
        dataDisks: disks.map(({ sizeBytes }) => ({ sizeGiB: wholeGiB(sizeBytes, 20) })),
      }),
    ),
    await tried('ecs:CreateImage', () => cloud.tryImage(`ferry-drill-${job.name}`)),
    await tried('ecs:DescribeInstances', () => cloud.instancesTagged(tags)),
    await tried('ecs:DescribeSnapshots', () => cloud.snapshotsTagged(tags)),
    await tried('ecs:DescribeImages', () => cloud.imagesTagged(tags)),
  ]
  return { zone: job.zone, stock, tries }
}

async function told<T>(ask: () => Promise<T>): Promise<Told<T>> {
  try {
    return { value: await ask() }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { unknown: faultDetail(error) }
  }
}

async function tried(action: string, call: () => Promise<unknown>): Promise<CloudTry> {
  try {
    await call()
    return { action, refused: null }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { action, refused: { code: error.code, detail: faultDetail(error) } }
  }
}
