import { randomUUID } from 'node:crypto'
import { formatTime } from '../domain/duration.ts'
import type { LaunchRequest } from '../domain/launch.ts'
import { LAUNCHED_BY } from '../domain/launch.ts'
import { count, duration, flag, name, named, optional, text } from './args.ts'
import { defineCommand } from './define.ts'
import { findImage } from './find-image.ts'
import { instanceTypes } from './instance-args.ts'
import { findJob } from './on-job.ts'
import { accepted, Refusal } from './reply.ts'

const HOUR_MS = 3_600_000

export const launch = defineCommand({
  name: 'launch',
  summary: 'Create a server of an image to look at by hand; it stays, and costs money, until `release`',
  effect: 'change',
  legalIn: 'an image exists',
  args: {
    job: name('the job'),
    image: named(optional(count('the number of the image; the newest if left out', 1, 999_999))),
    type: named(optional(instanceTypes('instance types, tried in order while one is sold out'))),
    zone: named(optional(text('its zone; the job’s if left out', 60))),
    vswitch: named(optional(text('its vSwitch; the policy file’s if left out', 60))),
    public: flag('give it a public address, whatever the policy file says'),
    for: named(
      optional(duration('release it by itself after this time, an hour at least', { min: '1m', max: '7d' })),
    ),
  },
  example: 'launch web-01 image=4 type=ecs.g7.large for=8h',
  run: async ({ job: jobName, image: number, for: forMs, ...asked }, context) => {
    const { store, actor, person } = context
    const now = await store.now()
    const job = await findJob(context, jobName)
    // The cloud's own limit is half an hour from when it hears of it.
    if (forMs !== undefined && forMs < HOUR_MS)
      throw new Refusal(
        'bad-argument',
        'A server cannot be released by itself sooner than in an hour: for=1h.',
      )
    const image = await findImage(context, job, number)
    const releaseAt = forMs === undefined ? null : new Date(now.getTime() + forMs)
    const request: LaunchRequest = {
      name: `ferry-launch-${jobName}-${image.number}`,
      image: image.cloudId,
      types: asked.type ?? null,
      zone: asked.zone ?? job.zone,
      vSwitch: asked.vswitch ?? null,
      publicAddress: asked.public ? true : null,
      releaseAt: releaseAt?.toISOString() ?? null,
    }
    // In the ledger before anything else: from now on `keep` passes over the image, and the engine makes the server.
    await store.ledger.intend({
      key: `${job.id}/launch/${randomUUID()}`,
      jobId: job.id,
      syncId: null,
      kind: 'instance',
      purpose: `${LAUNCHED_BY} ${person.name} from image #${image.number} of ${jobName}`,
      request: { ...request },
      outlivesJob: true,
    })
    await store.audit.add(
      { actor, action: 'launch', outcome: 'asked', facts: { image: image.cloudId } },
      job.id,
    )
    return accepted(
      'launching',
      `A server of image #${image.number} of ${jobName} is being made; \`resources ${jobName}\` shows its id and address.`,
      {
        facts: {
          Image: `#${image.number} ${image.cloudId}, in use until the server is released`,
          Beware:
            'it is a copy of the source with all its services and timers, in the network of the policy file’s security group',
          Cost:
            releaseAt === null
              ? 'by the hour, until `release <its id>`'
              : `by the hour, until ${formatTime(releaseAt, now)} or \`release <its id>\``,
        },
        actions: [{ label: 'resources', command: `resources ${jobName}`, effect: 'read' }],
        data: { job: jobName, image: image.number, imageId: image.cloudId },
      },
    )
  },
})
