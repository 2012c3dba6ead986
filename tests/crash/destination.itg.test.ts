import { randomUUID } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diskFile } from '../../sandbox/ecs/bytes.ts'
import { sha256 } from '../../scripts/demo/proof.ts'
import { eventually } from '../support/bot-process.ts'
import { MIB } from '../support/machines.ts'
import { Migration } from '../support/migration.ts'
import { freshDatabase } from '../support/postgres.ts'
import { House } from '../support/processes.ts'

const KILLS = {
  'on the way to the new disks': [
    ...['destinations.plan:after', 'cloud.createDisk:after', 'cloud.createSnapshot:after'],
    ...['cloud.detachDisk:after', 'cloud.replaceSystemDisk:after', 'destinations.swapped:after'],
  ],
  'on the way back': ['cloud.replaceSystemDisk:after', 'cloud.tag:after', 'cloud.attachDisk:after'],
} as const

describe('a destination whose bot is killed again and again', () => {
  let house: House
  let server: string

  beforeAll(async () => {
    house = await House.open(await freshDatabase())
    await house.startBot()
    await house.startAgent()
    server = await aServer()
  })

  afterAll(() => house.close())

  async function aServer(): Promise<string> {
    const [zone, key] = ['cn-hangzhou-h', randomUUID()]
    const id = await house.cloud.createInstance({
      ...{ token: key, name: 'the old web', imageId: 'aliyun_3_x64_20G_alibase_20240819.vhd', zone },
      ...{ instanceTypes: ['ecs.g6.large'], vSwitch: `vsw-${zone}`, securityGroup: 'sg-sandbox' },
      ...{ publicAddress: false, systemDiskGiB: 20, dataDisks: [{ sizeGiB: 20 }] },
      tags: { 'ferry:job': 'none', 'ferry:key': key },
    })
    await eventually(
      'the server',
      () => house.cloud.instance(id),
      (found) => found?.status === 'Running',
    )
    const tags = ['ferry:managed', 'ferry:job', 'ferry:key']
    await house.cloud.untag({ kind: 'instance', id }, tags)
    for (const disk of await house.cloud.disksOf(id)) {
      await house.cloud.untag({ kind: 'disk', id: disk.id }, tags)
      const file = openSync(diskFile(house.sandboxHome, disk.id), 'r+')
      writeSync(file, `what was on ${disk.device}`, 65_536)
      closeSync(file)
    }
    return id
  }
  async function files(): Promise<readonly string[]> {
    return (await house.cloud.disksOf(server)).map(({ id }) => diskFile(house.sandboxHome, id))
  }
  const digests = async (): Promise<readonly string[]> =>
    Promise.all((await files()).map((path) => sha256(path, MIB)))
  /** Each life of the bot ends at one of these places. */
  async function dieAt(places: readonly string[]): Promise<() => void> {
    await house.bot.restart(...places.map((place) => ({ FERRY_FAILPOINT: `bot:${place}` })))
    const first = house.bot.lives.length - 1
    return () => {
      const ended = house.bot.lives.slice(first, first + places.length)
      expect(
        ended.map(({ exit }) => exit),
        house.bot.log(),
      ).toEqual(places.map(() => ({ code: null, signal: 'SIGKILL' })))
    }
  }

  it('S17: has the bytes of the source in the end, then its old ones, and nothing is lost or left on the way', async () => {
    const before = await digests()
    const migration = new Migration(house, 'swap')
    await migration.change()
    await migration.alice(`create swap source=web every=7d target=instance instance=${server}`)
    await migration.alice('start swap')
    await migration.ended(1)
    const { data } = await migration.alice('complete swap')
    const diedThere = await dieAt(KILLS['on the way to the new disks'])

    await house.say('bob', `approve ${String(data?.['approval'])}`)
    await migration.reaches('completed')

    diedThere()
    expect(await house.source.digestsIn(await files())).toEqual(await house.source.digests())
    const tagged = new Set((await house.cloud.inventory()).map(({ id }) => id))
    expect((await house.cloud.disksOf(server)).filter(({ id }) => tagged.has(id))).toEqual([])

    const diedBack = await dieAt(KILLS['on the way back'])
    await migration.alice('rollback swap')
    await eventually(
      'the way back',
      () => migration.alice('status swap'),
      ({ facts }) => facts['Old disks'] !== undefined,
      60_000,
    )

    diedBack()
    expect(await digests()).toEqual(before)
    const ledger = (await migration.alice('resources swap')).data?.['resources'] as {
      id: string
      kind: string
    }[]
    const left = await house.cloud.inventory()
    expect(ledger.map(({ id }) => id).sort()).toEqual(left.map(({ id }) => id).sort())
    // Two images of system disks and the job's own, their snapshots, and the data disk that was taken off again.
    expect(ledger.map(({ kind }) => kind).sort()).toEqual(
      ['disk', ...Array<string>(3).fill('image'), ...Array<string>(3).fill('snapshot')].sort(),
    )
    expect((await migration.alice('audit verify')).code).toBe('audit-intact')
  }, 180_000)
})
