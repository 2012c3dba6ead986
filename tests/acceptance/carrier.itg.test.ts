import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import { completed, differingDisks, imagesOf, newestImage, syncOf } from '../support/looks.ts'
import { KIB, MIB } from '../support/source-disks.ts'

const ferry = await startFerry({ sandbox: { whitelistDataDiskImages: false } })

/** Everything with the tags of a job, whatever it is. */
async function tagged(job: string): Promise<readonly string[]> {
  const { id } = (await ferry.store.jobs.named(job)) ?? {}
  const all = await ferry.cloud.inventory()
  return all.filter(({ tags }) => tags['ferry:job'] === id).map(({ kind }) => kind)
}

describe('an account that may not make images of data disks', () => {
  it.each([
    ['one disk', 'one-disk', [2 * MIB + 512]],
    ['three disks', 'three-disks', [2 * MIB, MIB, MIB + 512]],
  ])(
    'S4: gets its image of %s by way of a system disk, and nothing of the detour is left',
    async (_words, name, sizes) => {
      const disks = await ferry.startSource(name, sizes)
      disks[0]?.write(MIB, 200 * KIB, 'system')
      await ferry.tell(`create ${name}`)
      await ferry.tell(`start ${name}`)
      await ferry.waitFor(name, 'waiting', 1)
      const { id } = await newestImage(ferry, name)
      const first = await differingDisks(ferry, id, disks)
      const standing = await tagged(name)
      disks[0]?.write(0, KIB, 'later')
      await ferry.tell(`sync ${name}`)
      await ferry.waitFor(name, 'waiting', 2)

      await completed(ferry, name)

      const perImage = ['image', ...sizes.map(() => 'snapshot')]
      expect(first).toEqual([])
      expect(standing.filter((kind) => kind === 'instance')).toHaveLength(1)
      expect((await syncOf(ferry, name, 2)).changedBytes).toBe(64 * KIB)
      expect(await imagesOf(ferry, name)).toHaveLength(2)
      expect(await differingDisks(ferry, (await newestImage(ferry, name)).id, disks)).toEqual([])
      expect([...(await tagged(name))].sort()).toEqual([...perImage, ...perImage].sort())
    },
  )

  it('S8: keeps nothing when the migration is cancelled on the detour', async () => {
    const name = 'on-the-way'
    await ferry.startSource(name, [MIB])
    await ferry.tell(`create ${name}`)
    // The holder of the system disk is the second instance of the job; its stop is held up.
    ferry.sandbox.addFault({ action: 'StopInstance', kind: 'hang', delayMs: 1000 })
    const before = ferry.sandbox.calls().length
    await ferry.tell(`start ${name}`)
    await eventually('the stop', async () =>
      ferry.sandbox
        .calls()
        .slice(before)
        .some(({ action }) => action === 'StopInstance'),
    )

    await ferry.tell(`cancel ${name}`)
    await ferry.waitFor(name, 'cancelled')

    expect(await tagged(name)).toEqual([])
  })
})
