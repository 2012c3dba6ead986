/**
 * Servers that a person wants to look at (S5). `launch` writes the intention into the ledger; here the cloud is asked
 * for it, its address is noted, and what is gone by itself is let go. Repeatable from every line: the ledger's key is
 * token and tag.
 */
import { wholeGiB } from '../domain/bytes.ts'
import { Fault, faultDetail, FAULTS } from '../domain/faults.ts'
import { LAUNCHED_BY, LaunchRequest } from '../domain/launch.ts'
import type { Resource } from '../ports/store.ts'
import { tagsOf } from './acquire.ts'
import type { Parts } from './parts.ts'
import { ENGINE } from './work.ts'

/** Moves every launched instance on. One that fails is told and forgotten, and holds up no other. */
export async function carryOutLaunches(parts: Parts): Promise<void> {
  for (const resource of await parts.store.ledger.open()) {
    if (!resource.purpose.startsWith(LAUNCHED_BY) || resource.releaseAskedBy !== null) continue
    try {
      if (resource.cloudId === null) await create(parts, resource)
      else await look(parts, resource, resource.cloudId)
    } catch (error) {
      await giveUp(parts, resource, error)
    }
  }
}

async function create({ store, cloud, settings }: Parts, resource: Resource): Promise<void> {
  const asked = LaunchRequest.parse(resource.request)
  const { vSwitch, securityGroup, publicAddress, instanceTypes } = settings.cloud
  const id = await cloud.createInstance({
    token: resource.key,
    tags: tagsOf(settings, resource),
    name: asked.name,
    imageId: asked.image,
    instanceTypes: asked.types ?? instanceTypes,
    zone: asked.zone,
    vSwitch: asked.vSwitch ?? vSwitch,
    securityGroup,
    publicAddress: asked.publicAddress ?? publicAddress,
    systemDiskGiB: wholeGiB((await store.jobs.disks(resource.jobId))[0]?.sizeBytes ?? 0, 20),
    dataDisks: [],
    ...(asked.releaseAt === null ? {} : { releaseAt: new Date(asked.releaseAt) }),
  })
  await store.ledger.created(resource.key, id)
}

async function look({ store, cloud }: Parts, resource: Resource, id: string): Promise<void> {
  const instance = await cloud.instance(id)
  if (instance?.status !== 'Running' || resource.address !== null || instance.address === '') return
  await store.ledger.setAddress(resource.key, instance.address)
  await store.outbox.add(
    {
      severity: 'info',
      title: `${id}, ${resource.purpose}, runs at ${instance.address}`,
      facts: { 'When you have seen enough': `\`release ${id}\`` },
    },
    resource.jobId,
  )
}

/** What passes by itself is tried again with the next tick; the rest is told, with what to do. */
async function giveUp({ store, log }: Parts, resource: Resource, error: unknown): Promise<void> {
  const fault = error instanceof Fault ? error : new Fault('INTERNAL', String(error), {}, error)
  log.warn('an instance could not be launched', {
    key: resource.key,
    code: fault.code,
    detail: faultDetail(fault),
  })
  if (FAULTS[fault.code].transient || resource.cloudId !== null) return
  await store.ledger.released(resource.key)
  await store.audit.add(
    { actor: ENGINE, action: 'launch', outcome: `failed: ${fault.code}`, facts: { why: faultDetail(fault) } },
    resource.jobId,
  )
  await store.outbox.add(
    {
      severity: 'error',
      title: `The instance ${resource.purpose} was not made: ${FAULTS[fault.code].title}`,
      facts: { 'What happened': faultDetail(fault), 'What to do': 'mend it and `launch` again' },
    },
    resource.jobId,
  )
}
