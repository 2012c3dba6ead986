import { DEFAULT_OPTIONS } from '../domain/verification.ts'
import type { VerifyOptions } from '../domain/verification.ts'
import { count, duration, flag, name, named, optional, text } from './args.ts'
import { defineCommand } from './define.ts'
import { findImage } from './find-image.ts'
import { instanceTypes } from './instance-args.ts'
import { findJob, lookAt } from './on-job.ts'
import { accepted, Refusal } from './reply.ts'
import { verificationRecords } from './verification-records.ts'

export const verify = defineCommand({
  name: 'verify',
  summary:
    'Check an image: its bytes, whether a server made of it boots, its disks, its network, your own command',
  effect: 'change',
  legalIn: 'an image exists',
  args: {
    job: name('the job'),
    image: named(optional(count('the number of the image; the newest if left out', 1, 999_999))),
    check: named(optional(text('a shell command to run in the booted server; it must end with 0', 1000))),
    timeout: named(
      optional(duration('how long the boot may take, and each check', { min: '10s', max: '2h' })),
    ),
    type: named(optional(instanceTypes('instance types, tried in order while one is sold out'))),
    zone: named(optional(text('the zone of the test server; the job’s if left out', 60))),
    vswitch: named(optional(text('its vSwitch, in the same network; the policy file’s if left out', 60))),
    public: flag('give it a public address and check that it gets out'),
    'keep-instance': flag('leave the test server running afterwards; `release` ends it'),
    bytes: flag('read the image’s bytes only, and boot nothing'),
    records: flag('show past verifications instead'),
  },
  example: "verify web-01 check='systemctl is-active nginx'",
  run: async ({ job: jobName, image: number, records, ...asked }, context) => {
    const { store, actor, person } = context
    const job = await (records ? lookAt : findJob)(context, jobName)
    if (records) return verificationRecords(context, job)
    const image = await findImage(context, job, number)
    const options: VerifyOptions = {
      part: asked.bytes ? 'bytes' : 'all',
      types: asked.type ?? null,
      zone: asked.zone ?? null,
      vSwitch: asked.vswitch ?? null,
      timeoutMs: asked.timeout ?? null,
      check: asked.check ?? null,
      publicNetwork: asked.public,
      keepInstance: asked['keep-instance'],
    }
    if (asked.bytes && !isSame({ ...options, part: 'all' }, DEFAULT_OPTIONS))
      throw new Refusal(
        'bad-argument',
        `\`--bytes\` boots nothing, so there is nothing to check or keep: \`verify ${jobName} --bytes\`.`,
      )
    const verification = await store.verifications.start(image.id, job.id, person.name, options, {
      actor,
      action: 'verify',
      outcome: 'started',
      facts: { image: image.cloudId, ...(options.check === null ? {} : { check: options.check }) },
    })
    if (!isSame(verification.options, options))
      throw new Refusal(
        'verification-running',
        `Verification ${verification.number} of image #${image.number}, asked by ${verification.askedBy} in another way, runs at this moment${verification.doing === '' ? '' : ` (${verification.doing})`}. Ask again when it has ended: \`verify ${jobName} --records\` shows that.`,
      )
    return accepted(
      'verifying',
      `Verification ${verification.number} of image #${image.number} has started; \`verify ${jobName} --records\` shows how far it is and how it ends.`,
      {
        facts: { Image: `#${image.number} ${image.cloudId}`, ...whatIsChecked(options) },
        data: { job: jobName, verification: verification.number, image: image.number },
      },
    )
  },
})

function isSame(one: VerifyOptions, other: VerifyOptions): boolean {
  return (Object.keys(DEFAULT_OPTIONS) as (keyof VerifyOptions)[]).every(
    (key) => JSON.stringify(one[key]) === JSON.stringify(other[key]),
  )
}

/** What will happen, and what it needs and costs, said before it begins (S16). */
function whatIsChecked(options: VerifyOptions): Record<string, string> {
  if (options.part === 'bytes')
    return {
      'What is checked': 'every byte against the root of the sync, and the file systems; nothing is booted',
      Cost: 'one small instance for minutes, released by itself',
    }
  return {
    'What is checked': [
      'every byte against the root of the sync',
      'a boot',
      'the disks of fstab',
      'the private network',
      ...(options.publicNetwork ? ['the public network'] : []),
      ...(options.check === null ? [] : [`your command \`${options.check}\``]),
    ].join(', '),
    'It needs': 'the Cloud Assistant in the image; without it the result is Not Verified, NOT_BOOTED',
    Isolation: options.publicNetwork
      ? 'the test server reaches no private network but the cloud’s own services'
      : 'no public address; the test server reaches the cloud’s own services and nothing else',
    Cost: options.keepInstance
      ? 'two small instances; the one that boots stays until `release`'
      : 'two small instances for minutes, released by themselves',
  }
}
