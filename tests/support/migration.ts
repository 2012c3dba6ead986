/** One small migration from `create` to Completed, driven by commands, and the proof that nothing was lost. */
import { expect } from 'vitest'
import type { Reply } from '../../core/commands/reply.ts'
import { snapshotFile } from '../../sandbox/ecs/bytes.ts'
import type { House } from './processes.ts'
import { eventually } from './bot-process.ts'

interface Synced {
  readonly sync: number
  readonly kind: string
  readonly result: string
  readonly imageId: string | null
}

interface Verification {
  readonly verdict: string | null
  readonly cause: string | null
  readonly checks: readonly { readonly name: string; readonly ok: boolean | null }[]
}

export class Migration {
  readonly house: House
  readonly job: string
  readonly keep: number
  /** What the disks of the source were in each sync. */
  readonly #digests: (readonly string[])[] = []

  constructor(house: House, job: string, keep = 3) {
    this.house = house
    this.job = job
    this.keep = keep
  }

  alice(text: string): Promise<Reply> {
    return this.house.say('alice', text)
  }

  /** Full sync, a change, an incremental sync, a change, the last sync with its approval. */
  async run(): Promise<void> {
    await this.begin()
    await this.ended(1)
    await this.sync()
    await this.ended(2)
    await this.complete()
  }

  /** Makes the job and starts its full sync. `limit`: a bandwidth. */
  async begin(limit?: string, source = 'web'): Promise<void> {
    await this.change()
    await this.alice(`create ${this.job} source=${source} every=7d keep=${this.keep}`)
    if (limit !== undefined) await this.alice(`limit ${this.job} ${limit}`)
    await this.alice(`start ${this.job}`)
  }

  /** Waits until blocks have been applied and more are to come. */
  moving(): Promise<Reply> {
    const isMoving = ({ progress }: Reply): boolean =>
      progress !== undefined && progress.appliedBytes > 0 && progress.appliedBytes < progress.changedBytes
    return this.reaches('syncing', isMoving)
  }

  /** Waits until the running sync is being imaged. */
  imaging(): Promise<Reply> {
    return this.reaches('syncing', ({ data }) => data?.['phase'] === 'imaging')
  }

  async sync(): Promise<void> {
    await this.change()
    await this.alice(`sync ${this.job}`)
  }

  async complete(): Promise<void> {
    await this.change()
    const asked = await this.alice(`complete ${this.job} --last-sync --services-stopped`)
    await this.house.say('bob', `approve ${String(asked.data?.['approval'])}`)
    await this.reaches('completed')
  }

  /** Changes the source's disks and remembers what they are now. */
  async change(): Promise<void> {
    this.house.source.change()
    this.#digests.push(await this.house.source.digests())
  }

  /** Waits until the job rests after the sync with this number. */
  ended(sync: number): Promise<Reply> {
    return this.reaches('waiting', ({ data }) => data?.['sync'] === sync)
  }

  /** Waits for a state. A job in Error would need somebody's hand: that is a failure here. */
  async reaches(state: string, also: (reply: Reply) => boolean = () => true, ms = 90_000): Promise<Reply> {
    try {
      return await eventually(
        `${this.job} in ${state}`,
        () => this.alice(`status ${this.job}`),
        (reply) => {
          if (reply.data?.['state'] === 'error' && state !== 'error')
            throw new Error(`${this.job} is in Error: ${JSON.stringify(reply.data['fault'])}`)
          return reply.data?.['state'] === state && also(reply)
        },
        ms,
      )
    } catch (cause) {
      throw new Error(`${String(cause)}\n${this.house.log()}`, { cause })
    }
  }

  /** Verifies the newest image. Nothing boots in the sandbox, so the verdict rests on the bytes. */
  async verify(): Promise<void> {
    await this.alice(`verify ${this.job}`)
    const verification = await eventually(
      'the verdict',
      async () => {
        const { data } = await this.alice(`verify ${this.job} --records`)
        return (data?.['verifications'] as Verification[]).at(-1)
      },
      (last) => last?.verdict != null,
    )
    expect(verification?.cause).toBe('NOT_BOOTED')
    const bytes = verification?.checks.filter(({ name }) => name.startsWith('bytes of disk'))
    expect(bytes?.map(({ ok }) => ok)).toEqual(this.house.source.disks.map(() => true))
  }

  async syncs(): Promise<readonly Synced[]> {
    const { data } = await this.alice(`history ${this.job}`)
    return (data?.['syncs'] as Synced[]).toSorted((a, b) => a.sync - b.sync)
  }

  /**
   * That every sync ended well and made one image, that the images which are kept hold the source's bytes of their
   * time, that nothing else of the job is left in the cloud, and that the audit is whole.
   */
  async prove(): Promise<void> {
    const { cloud, source, sandboxHome } = this.house
    const syncs = await this.syncs()
    expect(syncs.map(({ sync, result }) => [sync, result])).toEqual(
      this.#digests.map((_, index) => [index + 1, 'ok']),
    )
    expect(new Set(syncs.map(({ imageId }) => imageId)).size, 'images made').toBe(syncs.length)
    const { data } = await this.alice(`images ${this.job}`)
    const images = data?.['images'] as { id: string }[]
    const kept = this.#digests.slice(-this.keep)
    expect(images.length, 'images kept').toBe(kept.length)
    const expected: string[] = []
    let jobId: string | undefined
    for (const [index, { id }] of images.entries()) {
      const image = await cloud.image(id)
      expect(image?.status).toBe('Available')
      const snapshots = image?.snapshotIds ?? []
      const copies = snapshots.map((snapshot) => snapshotFile(sandboxHome, snapshot))
      expect(await source.digestsIn(copies), `bytes of image ${index + 1}`).toEqual(kept[index])
      expected.push(id, ...snapshots)
      jobId = image?.tags['ferry:job']
    }
    const left = (await cloud.inventory()).filter(({ tags }) => tags['ferry:job'] === jobId)
    expect(left.map(({ id }) => id).sort()).toEqual([...expected].sort())
    const held = (await this.alice(`resources ${this.job}`)).data?.['resources'] as { id: string }[]
    expect(held.map(({ id }) => id).sort()).toEqual(expected.sort())
    expect((await this.alice('audit verify')).code).toBe('audit-intact')
  }
}
