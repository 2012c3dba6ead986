import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { JobDisk } from '../../../core/domain/job.ts'
import { anEntry, aSource } from '../../support/a-job.ts'
import { openCommands } from '../../support/commands.ts'

const { store, ask } = await openCommands()
const GIB = 1024 ** 3

/** A source whose disks have these sizes. */
async function sourceWith(name: string, ...sizes: readonly number[]): Promise<void> {
  const code = randomUUID()
  await store.sources.invite(name, code, new Date(Date.now() + 60_000), anEntry('enrol'))
  const letters = 'abcdefgh'
  const disks = sizes.map((sizeBytes, index): JobDisk => {
    return { index, path: `/dev/vd${letters.charAt(index)}`, identity: `serial-${index}`, sizeBytes }
  })
  const host = {
    ...{ hostname: name, os: 'linux', arch: 'x64', kernel: '6.1', cores: 2, memoryBytes: 2 ** 31 },
    bootMode: 'BIOS' as const,
  }
  await store.sources.enrol(
    code,
    { publicKey: `key of ${name}`, version: '1', host, disks },
    anEntry('enrol'),
  )
}

describe('create', () => {
  it('makes a job in Ready with what was left out filled in, and says what comes next', async () => {
    await sourceWith('web-01', 40 * GIB, 100 * GIB)

    const reply = await ask('operator', 'create web-01')

    expect(reply).toMatchObject({
      outcome: 'done',
      code: 'created',
      data: { state: 'ready', keep: 3, auto: true },
    })
    expect(reply.title).toContain('`start web-01`')
    expect(reply.data?.['intervalMs']).toBe(6 * 3_600_000)
  })

  it('takes a limit and a pattern for the names of the images', async () => {
    await sourceWith('named-01', 40 * GIB)

    const reply = await ask('operator', 'create named-01 limit=200mbit image-name={job}-{number}-{date}')

    expect(reply.data).toMatchObject({ bytesPerSecond: 25_000_000, imageName: '{job}-{number}-{date}' })
  })

  it('C7: refuses a pattern that the cloud would refuse with the name of this job', async () => {
    await sourceWith('aliyun-01', 40 * GIB)

    const reply = await ask('operator', 'create aliyun-01 image-name={job}-{number}')

    expect(reply).toMatchObject({ outcome: 'refused', code: 'bad-argument' })
    expect(reply.title).toContain('begins with what the cloud keeps for itself')
    expect(await store.jobs.named('aliyun-01')).toBeUndefined()
  })

  it.each([
    ['0 B', [0], '/dev/vda has 0 GiB; the cloud takes more than 0 and at most 2048 GiB for a system disk.'],
    ['511 B', [511], '/dev/vda has 511 bytes, which is not a multiple of 512: it is not a whole disk.'],
    [
      'more than a system disk takes',
      [2049 * GIB],
      '/dev/vda has 2049 GiB; the cloud takes more than 0 and at most 2048 GiB for a system disk.',
    ],
    [
      'more than a data disk takes',
      [40 * GIB, 32_769 * GIB],
      '/dev/vdb has 32769 GiB; the cloud takes more than 0 and at most 32768 GiB for a data disk.',
    ],
  ])('refuses a disk of %s', async (words, sizes, sentence) => {
    const name = `disk-${words.replaceAll(/[^a-z0-9]/gi, '-').toLowerCase()}x`
    await sourceWith(name, ...sizes)

    const reply = await ask('operator', `create ${name}`)

    expect(reply).toMatchObject({ outcome: 'refused', code: 'disk-size', title: sentence })
    expect(await store.jobs.named(name)).toBeUndefined()
  })

  it('takes disks of the largest sizes that there are', async () => {
    await sourceWith('large', 2048 * GIB, 32_768 * GIB)

    expect((await ask('operator', 'create large')).outcome).toBe('done')
  })

  it('refuses a source that nobody knows, and names the nearest one', async () => {
    const { source } = await aSource(store, 'database-01')

    const reply = await ask('operator', 'create databse-01')

    expect(reply).toMatchObject({ outcome: 'refused', code: 'no-such-source' })
    expect(reply.title).toBe(
      `There is no source databse-01. Did you mean source=${source.name}? \`enrol databse-01\` lets it in.`,
    )
  })

  it('refuses a source whose agent has not enrolled', async () => {
    await ask('operator', 'enrol not-yet')

    const reply = await ask('operator', 'create not-yet')

    expect(reply).toMatchObject({ outcome: 'refused', code: 'no-such-source' })
    expect(reply.title).toContain('run the command that `enrol not-yet` prints')
  })

  it('refuses a second unfinished job of a source, and a name that is taken', async () => {
    const { source } = await aSource(store, 'busy-01')
    await aSource(store, 'other-01')
    await ask('operator', 'create busy-01')

    const second = await ask('operator', `create second source=${source.name}`)
    const taken = await ask('operator', 'create busy-01 source=other-01')

    expect(second).toMatchObject({ outcome: 'refused', code: 'source-busy' })
    expect(second.title).toContain('`cancel busy-01` or `clear busy-01` ends it')
    expect(taken).toMatchObject({ outcome: 'refused', code: 'name-taken' })
  })

  it.each([
    ['every=59m', '59m is outside 1h to 7d; 6h would do.'],
    ['every=8d', '8d is outside 1h to 7d; 6h would do.'],
    [
      'every=1h30',
      '"1h30" is not a duration: one whole number and one of s, m, h, d, such as 90m, 6h or 7d.',
    ],
    ['keep=0', '"0" is not a whole number from 1 to 10, such as 3.'],
    ['keep=11', '"11" is not a whole number from 1 to 10, such as 3.'],
    ['auto=perhaps', '"perhaps" is not one of on, off.'],
  ])('C7: says of %s what is wrong with it and what to type instead', async (given, sentence) => {
    const name = `c7-${given.replaceAll(/[^a-z0-9]/g, '-')}`
    await aSource(store, name)

    const reply = await ask('operator', `create ${name} ${given}`)

    expect(reply).toMatchObject({ outcome: 'refused', title: sentence })
    expect(await store.jobs.named(name)).toBeUndefined()
  })
})
