import { formatDuration, parseDuration } from '../domain/duration.ts'
import { imageNameProblem } from '../domain/image-name.ts'
import { HOLD_RANGE } from '../domain/instant.ts'
import { windowNamed } from '../domain/policy.ts'
import { parseRate } from '../domain/rate.ts'
import { choice, cloudId, count, duration, imageNamePattern, name, named } from './args.ts'
import { optional, orOff, quoted, rate, text } from './args.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import { refuseTaken } from './describe-destination.ts'
import { describeJob } from './describe-job.ts'
import { nearest } from './nearest.ts'
import { done, Refusal } from './reply.ts'

const GIB = 1024 ** 3
/** The largest system disk and data disk that ECS takes, in GiB. */
const MOST_GIB = { system: 2048, data: 32_768 } as const

export const create = defineCommand({
  name: 'create',
  summary: 'Make a migration job for an enrolled source',
  effect: 'change',
  args: {
    job: name('the name of the new job'),
    source: named(optional(name('the source, when it is named otherwise than the job'))),
    target: named(
      optional(
        choice('what is made in the cloud: images, or new disks of an instance', ['image', 'instance']),
      ),
    ),
    instance: named(
      optional(cloudId('with target=instance: the instance whose disks are replaced at completion')),
    ),
    every: named(
      optional(
        duration(
          'interval, from the end of one sync to the start of the next; the policy file’s if left out',
        ),
      ),
    ),
    keep: named(optional(count('how many images to keep; the policy file’s if left out', 1, 10))),
    auto: named(
      optional(choice('automatic incremental sync; off means full copy only, then Completed', ['on', 'off'])),
    ),
    limit: named(optional(rate('the most bandwidth that may be used; the policy file’s if left out'))),
    hold: named(
      optional(
        orOff(
          duration(
            'how long writes on the source may be held so that an image is one instant; the policy file’s if left out',
            HOLD_RANGE,
          ),
        ),
      ),
    ),
    'image-name': named(
      optional(
        imageNamePattern(
          'the names of its images, of {job}, {number}, {date} and {id}; the policy file’s if left out',
        ),
      ),
    ),
    region: named(optional(text('the region; the policy file’s if left out', 40))),
    zone: named(optional(text('the zone; the policy file’s if left out', 40))),
  },
  example: 'create web-01 target=image every=6h keep=3 auto=on',
  run: async (args, context) => {
    const { store, policy, actor, person } = context
    const sourceName = args.source ?? args.job
    const source = await store.sources.named(sourceName)
    if (source?.agent === undefined) {
      const guess = nearest(
        sourceName,
        (await store.sources.list()).map((other) => other.name),
      )
      throw new Refusal(
        'no-such-source',
        source === undefined
          ? `There is no source ${sourceName}.${guess === undefined ? '' : ` Did you mean source=${guess}?`} \`enrol ${sourceName}\` lets it in.`
          : `The agent of ${sourceName} has not enrolled yet: run the command that \`enrol ${sourceName}\` prints, on the source.`,
      )
    }
    refuseElsewhere('region', args.region, policy.cloud.region)
    refuseElsewhere('zone', args.zone, policy.cloud.zone)
    const destination = await destinationAsked(context, args)
    const open = await store.jobs.openOfSource(source.id)
    if (open !== undefined && open.intermediate !== 'lost')
      throw new Refusal(
        'source-busy',
        `${sourceName} has the job ${open.name} already; a source has one unfinished job. \`cancel ${open.name}\` or \`clear ${open.name}\` ends it.`,
      )
    for (const disk of source.agent.disks) {
      const most = disk.index === 0 ? MOST_GIB.system : MOST_GIB.data
      if (disk.sizeBytes === 0 || disk.sizeBytes > most * GIB)
        throw new Refusal(
          'disk-size',
          `${disk.path} has ${Math.ceil(disk.sizeBytes / GIB)} GiB; the cloud takes more than 0 and at most ${most} GiB for ${disk.index === 0 ? 'a system' : 'a data'} disk.`,
        )
      if (disk.sizeBytes % 512 !== 0)
        throw new Refusal(
          'disk-size',
          `${disk.path} has ${disk.sizeBytes} bytes, which is not a multiple of 512: it is not a whole disk.`,
        )
    }
    const { defaults } = policy
    const imageName = args['image-name'] ?? defaults.image_name
    const nameProblem = imageNameProblem(imageName, args.job)
    if (nameProblem !== undefined)
      throw new Refusal('bad-argument', `The image name ${quoted(imageName)} ${nameProblem}.`)
    const auto = (args.auto ?? defaults.auto) !== 'off'
    const intervalMs = args.every ?? parseDuration(defaults.every) ?? 0
    const keep = args.keep ?? defaults.keep
    const job = await store.jobs.create(
      {
        name: args.job,
        sourceId: source.id,
        region: args.region ?? policy.cloud.region,
        zone: args.zone ?? policy.cloud.zone ?? '',
        auto,
        intervalMs,
        keep,
        imageName,
        bytesPerSecond: args.limit === undefined ? (parseRate(defaults.limit) ?? null) : args.limit,
        windows: defaults.windows.flatMap((window) => windowNamed(policy, window) ?? []),
        compression: null,
        connections: null,
        holdMs: args.hold === undefined ? (parseDuration(defaults.hold) ?? null) : args.hold,
        disks: source.agent.disks,
        createdBy: person.name,
        clonedFrom: null,
        destination,
      },
      {
        actor,
        action: 'create',
        outcome: 'ready',
        facts: {
          source: sourceName,
          destination,
          auto,
          interval: formatDuration(intervalMs),
          keep,
        },
      },
    )
    if (job === undefined)
      throw new Refusal(
        'name-taken',
        `There is a job ${args.job} already; choose another name, such as ${args.job}b.`,
      )
    return done('created', `${job.name} is Ready: \`start ${job.name}\` begins its full sync.`, {
      ...(await describeJob(context, job)),
    })
  },
})

/** The instance that is to get the disks; null with the target image. */
async function destinationAsked(
  context: Context,
  { job, target, instance }: { job: string; target?: string | undefined; instance?: string | undefined },
): Promise<string | null> {
  if (target === 'instance' && instance === undefined)
    throw new Refusal(
      'missing-argument',
      `target=instance needs the instance whose disks are to be replaced: \`create ${job} target=instance instance=i-…\`.`,
    )
  if (target !== 'instance' && instance !== undefined)
    throw new Refusal(
      'bad-argument',
      `instance=${instance} goes with target=instance only: \`create ${job} target=instance instance=${instance}\` replaces its disks at completion.`,
    )
  if (instance === undefined) return null
  if (!instance.startsWith('i-'))
    throw new Refusal('bad-argument', `${instance} is not an instance: its id begins with i-.`)
  await refuseTaken(context, instance)
  return instance
}

/** This bot works in one zone of one region, with the vSwitch and security group that the policy file names there. */
function refuseElsewhere(what: string, asked: string | undefined, known: string | undefined): void {
  if (asked === undefined || asked === known) return
  throw new Refusal(
    'bad-argument',
    `This bot makes servers in ${what} ${known ?? 'none'}, not in ${quoted(asked)}: leave ${what} out, or change cloud.${what} in ferry.yaml.`,
  )
}
