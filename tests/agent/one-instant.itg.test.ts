import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AgentReport } from '../../agent/protocol/control.ts'
import { findTracefs, instanceName } from '../../agent/source/tracking/tracefs.ts'
import { TraceInstance } from '../../agent/source/tracking/trace-instance.ts'
import { fileSystemKinds, LoopDisk, loopObstacle, sh, type FileSystemKind } from '../support/loop-disk.ts'
import { bundles, MIB, Stage, until, type Program } from '../support/machines.ts'
import { ROOT } from '../support/run.ts'

const obstacle = loopObstacle()
const SIZE = 320 * MIB
const open: { close: () => unknown }[] = []
// Building them takes longer than most tests here.
beforeAll(async () => void (await bundles()))
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

/** What the writer noted: when it began and ended each record, by the place of the ledger. */
interface Note {
  readonly what: 'begun' | 'durable'
  readonly n: number
  readonly place: number
  readonly at: number
}

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'ferry-instant-'))
  open.push({ close: () => rmSync(path, { recursive: true, force: true }) })
  return path
}

function mounted(kind: FileSystemKind): LoopDisk {
  const disk = new LoopDisk(SIZE)
  open.push(disk)
  disk.make(kind)
  disk.mount()
  return disk
}

/** The writer, begun: it writes to all disks until the test ends. */
async function writing(disks: readonly LoopDisk[]): Promise<{ child: ChildProcess; notes: () => Note[] }> {
  const log = join(directory(), 'log')
  const program = join(ROOT, 'tests/support/ledger-writer.ts')
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', program, log, ...disks.map(({ mountPoint }) => mountPoint)],
    {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  open.push({
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  })
  const notes = (): Note[] =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Note)
  await until('some records', () => existsSync(log) && notes().length > 20)
  return { child, notes }
}

async function staged(
  disks: readonly LoopDisk[],
  env: Record<string, string> = {},
): Promise<{ stage: Stage; agent: () => Promise<Program> }> {
  const stage = await Stage.open({ disks: disks.map(() => SIZE), sources: disks.map(({ device }) => device) })
  const home = join(stage.path, 'agent')
  const instances: string[] = []
  open.push({ close: () => instances.forEach((name) => TraceInstance.remove(findTracefs() ?? '', name)) })
  open.push(stage)
  await stage.receiver()
  const agent = async (): Promise<Program> => {
    const program = await stage.agent({ FERRY_HOOKS: '/nowhere', ...env })
    await until('the home', () => existsSync(home))
    instances.push(...disks.map((_, i) => instanceName(home, i)))
    return program
  }
  return { stage, agent }
}

/** How each kind is mounted to be looked at. */
const LOOK: Record<FileSystemKind, string> = { ext4: 'loop,ro,noload', xfs: 'loop,nouuid', btrfs: 'loop,ro' }

/** Reads only. Mounting has replayed what freezing leaves in the log of xfs, so that a copy is looked at. */
function fsck(kind: FileSystemKind, image: string, copy: string): ReturnType<typeof spawnSync> {
  if (kind === 'xfs') return spawnSync('xfs_repair', ['-n', copy])
  return kind === 'ext4'
    ? spawnSync('e2fsck', ['-fn', image])
    : spawnSync('btrfs', ['check', '--readonly', image])
}

/** Records of the ledger in an image, checked to be whole and without a gap. */
function recordsIn(image: string, kind: FileSystemKind): number {
  const path = directory()
  const place = join(path, 'mnt')
  mkdirSync(place)
  const copy = join(path, 'copy.img')
  copyFileSync(image, copy)
  // A btrfs of the same id as one that is mounted is taken for part of it.
  if (kind === 'btrfs') sh('btrfstune', '-f', '-m', copy)
  sh('mount', '-o', LOOK[kind], copy, place)
  let lines: string[]
  try {
    lines = readFileSync(join(place, 'ledger'), 'utf8').split('\n').filter(Boolean)
  } finally {
    sh('umount', place)
  }
  const checked = fsck(kind, image, copy)
  expect({
    status: checked.status,
    says: checked.status === 0 ? '' : String(checked.stdout) + String(checked.stderr),
  }).toEqual({ status: 0, says: '' })
  expect(lines.map((line) => Number(line.split(' ')[0]))).toEqual(lines.map((_, i) => i + 1))
  return lines.length
}

const instantOf = (report: AgentReport): { at: number; heldMs: number } => {
  if (report.instant?.kind !== 'consistent')
    throw new Error(`not consistent: ${JSON.stringify(report.instant)}`)
  return { at: Date.parse(report.instant.at), heldMs: report.instant.heldMs }
}

describe.skipIf(obstacle !== undefined)('S9: an image of a server that is written to', () => {
  it('is all its disks at one instant, sound, with what the writer had made durable and no more', async () => {
    const kinds = fileSystemKinds()
    const disks = kinds.map(mounted)
    const { notes } = await writing(disks)
    const { stage, agent } = await staged(disks)
    await agent()

    for (const sync of ['sync-1', 'sync-2']) {
      const report = await stage.sync({ sync, holdMs: 2000 })
      expect(report).toMatchObject({ status: 'done' })
      const { at, heldMs } = instantOf(report)
      console.log(`${report.comparison}: writes were held for ${heldMs} ms`)
      expect(heldMs).toBeLessThan(2000)
      const found = kinds.map((kind, place) => recordsIn(stage.target(place), kind))
      const noted = notes()
      for (const [place, records] of found.entries()) {
        const of = (what: Note['what'], until: number): number =>
          Math.max(
            0,
            ...noted
              .filter((note) => note.what === what && note.place === place && note.at < until)
              .map(({ n }) => n),
          )
        expect(records).toBeGreaterThanOrEqual(of('durable', at))
        expect(records).toBeLessThanOrEqual(of('begun', at + heldMs + 1))
      }
      // Each record is written to the first disk, and when it is durable there, to the next.
      const [most = 0, least = 0] = [found[0], found.at(-1)]
      expect(found).toEqual([...found].sort((one, other) => other - one))
      expect(most - least).toBeLessThanOrEqual(1)
    }
  }, 90_000)

  it('lets writes go on when the agent is killed while they are held', async () => {
    const disk = mounted('ext4')
    await writing([disk])
    const { stage, agent } = await staged([disk])
    await agent().then(async (program) => {
      await stage.sync()
      await program.kill()
    })
    for (let round = 0; round < 3; round++) {
      const program = await agent()
      await stage.order({ sync: `sync-${round}`, holdMs: 5000 })
      await until('the freezer', () => freezers(program.child.pid ?? 0).length > 0)
      await new Promise((resolve) => setTimeout(resolve, round * 60))
      await program.kill()
      expect(await disk.isWritable(3000)).toBe(true)
    }
    await agent()
    expect(await stage.sync({ holdMs: 2000 })).toMatchObject({
      status: 'done',
      instant: { kind: 'consistent' },
    })
  }, 60_000)

  it('is fuzzy, and says why, when a hook fails, and nothing is frozen then; hooks run around the freeze', async () => {
    const disk = mounted('ext4')
    const hooks = directory()
    const said = join(directory(), 'said')
    const hook = (name: string, ends: number): void => {
      writeFileSync(join(hooks, name), `#!/bin/sh\necho ${name} $1 >> ${said}\nexit ${ends}\n`)
      chmodSync(join(hooks, name), 0o755)
    }
    hook('10-database', 0)
    const { stage, agent } = await staged([disk], { FERRY_HOOKS: hooks })
    const program = await agent()
    expect(await stage.sync({ holdMs: 2000 })).toMatchObject({ instant: { kind: 'consistent' } })
    expect(readFileSync(said, 'utf8')).toBe('10-database before\n10-database after\n')

    hook('20-queue', 3)
    rmSync(said)
    const report = await stage.sync({ sync: 'sync-2', holdMs: 2000 })

    expect(report).toMatchObject({
      status: 'done',
      instant: { kind: 'fuzzy', because: 'the hook 20-queue ended with 3 before the freeze' },
    })
    expect(readFileSync(said, 'utf8')).toBe(
      '10-database before\n20-queue before\n20-queue after\n10-database after\n',
    )

    // Killed while its hooks are between the two: the next agent runs what is left.
    rmSync(said)
    writeFileSync(join(hooks, '20-queue'), '#!/bin/sh\n[ $1 = after ] || sleep 10\n')
    await stage.order({ sync: 'sync-3', holdMs: 2000 })
    await until('the first hook', () => existsSync(said))
    await program.kill()
    stage.bot.order = null
    await agent()
    await until('its end', () => readFileSync(said, 'utf8').endsWith('10-database after\n'))
  })

  it('is fuzzy where the kernel does not tell writes', async () => {
    const stage = await Stage.open({ disks: [4 * MIB] })
    open.push(stage)
    await stage.receiver()
    await stage.agent()

    const report = await stage.sync({ holdMs: 2000 })

    expect(report.instant).toEqual({
      kind: 'fuzzy',
      because:
        'what is written to disk 0 meanwhile is not known: of a raw file nobody tells what was written',
    })
  })
})

/** Freezers that this agent has started. */
const freezers = (agent: number): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isChild =
          readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(agent)
        return isChild && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--freezer')
      } catch {
        return false
      }
    })
