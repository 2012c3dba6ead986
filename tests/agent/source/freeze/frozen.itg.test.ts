import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FreezerLost, Frozen } from '../../../../agent/source/freeze/frozen.ts'
import { thawAll, thawLeftBehind } from '../../../../agent/source/freeze/left-behind.ts'
import { LoopDisk, loopObstacle, sh } from '../../../support/loop-disk.ts'
import { bundles } from '../../../support/machines.ts'
import { ROOT } from '../../../support/run.ts'

const open: { close: () => unknown }[] = []
// Building them takes longer than most tests here.
beforeAll(async () => void (await bundles()))
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

function mounted(kind: 'ext4' | 'xfs'): LoopDisk {
  const disk = new LoopDisk(320 * 1024 * 1024)
  open.push(disk)
  disk.make(kind)
  disk.mount()
  return disk
}

const freezer = async (): Promise<readonly string[]> => [
  process.execPath,
  (await bundles()).agent,
  '--freezer',
]

/** Where freezers note what they do. */
const notes = mkdtempSync(join(tmpdir(), 'ferry-notes-'))
afterAll(() => rmSync(notes, { recursive: true }))

async function ready(...disks: readonly LoopDisk[]): Promise<Frozen> {
  const frozen = await Frozen.ready(
    disks.map(({ mountPoint }) => mountPoint),
    notes,
    await freezer(),
  )
  open.push({ close: () => frozen.end() })
  return frozen
}

describe.skipIf(loopObstacle() !== undefined)('file systems that are frozen together', () => {
  it('hold writes until they are thawed, and tell for how long', async () => {
    const disks = [mounted('ext4'), mounted('xfs')]
    const frozen = await ready(...disks)

    expect(await frozen.freeze(10_000)).toEqual([])
    expect(await Promise.all(disks.map((disk) => disk.isWritable(300)))).toEqual([false, false])
    const { heldMs, isLate } = await frozen.thaw()

    expect(await Promise.all(disks.map((disk) => disk.isWritable(5000)))).toEqual([true, true])
    expect(heldMs).toBeGreaterThan(250)
    expect(isLate).toBe(false)
    await frozen.end()
    expect(readdirSync(notes)).toEqual([])
  })

  it('are thawed when the time is up', async () => {
    const disk = mounted('ext4')
    const frozen = await ready(disk)

    // Freezing itself takes some of it.
    await frozen.freeze(1500)

    expect(await disk.isWritable(6000)).toBe(true)
    expect(await frozen.thaw()).toMatchObject({ isLate: true })
  })

  it.each([
    ['killed', 'SIGKILL', 60_000],
    ['stopped, when the time is up', 'SIGSTOP', 2000],
  ] as const)('are thawed when who froze them is %s', async (_, signal, ms) => {
    const disk = mounted('xfs')
    const directory = mkdtempSync(join(tmpdir(), 'ferry-killed-'))
    open.push({ close: () => rmSync(directory, { recursive: true }) })
    const script = join(directory, 'freeze.mts')
    writeFileSync(
      script,
      `import { Frozen } from '${join(ROOT, 'agent/source/freeze/frozen.ts')}'
      const frozen = await Frozen.ready(['${disk.mountPoint}'], '${notes}', ${JSON.stringify(await freezer())})
      await frozen.freeze(${ms})
      process.stdout.write('frozen')
      setInterval(() => undefined, 1000)`,
    )
    const child = spawn(process.execPath, ['--import', 'tsx', script], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    expect(await disk.isWritable(300)).toBe(false)

    const exit = once(child, 'exit')
    child.kill(signal)
    try {
      expect(await disk.isWritable(6000)).toBe(true)
    } finally {
      child.kill('SIGKILL')
      await exit
    }
  })

  it('are thawed when the freezer is told to end, as when its service is stopped', async () => {
    const disk = mounted('ext4')
    const frozen = await ready(disk)
    await frozen.freeze(60_000)

    process.kill(frozen.pid, 'SIGTERM')

    expect(await disk.isWritable(5000)).toBe(true)
  })

  it('are left to others when another program has frozen one of them', async () => {
    const [mine, theirs] = [mounted('ext4'), mounted('xfs')]
    const frozen = await ready(mine, theirs)
    sh('fsfreeze', '--freeze', theirs.mountPoint)
    try {
      await expect(frozen.freeze(10_000)).rejects.toThrow(`${theirs.mountPoint} is frozen by another program`)
      expect(await mine.isWritable(5000)).toBe(true)
      expect(await theirs.isWritable(200)).toBe(false)
    } finally {
      sh('fsfreeze', '--unfreeze', theirs.mountPoint)
    }
  })

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'are known to need thawing when the freezer gets a %s, within seconds',
    async (signal) => {
      const disk = mounted('ext4')
      const frozen = await ready(disk)
      await frozen.freeze(60_000)

      process.kill(frozen.pid, signal)

      await expect(frozen.thaw()).rejects.toThrow(FreezerLost)
      await thawAll([disk.mountPoint])
      frozen.kill()
      expect(await disk.isWritable(5000)).toBe(true)
    },
  )

  it('are thawed by the next agent when agent and freezer were killed in the same moment', async () => {
    const [mine, living] = [mounted('ext4'), mounted('xfs')]
    const frozen = await ready(mine)
    await frozen.freeze(60_000)
    const other = await ready(living)
    await other.freeze(60_000)
    process.kill(frozen.pid, 'SIGKILL')
    await frozen.end()
    expect(await mine.isWritable(300)).toBe(false)

    await thawLeftBehind(notes)

    expect(await mine.isWritable(5000)).toBe(true)
    // Whose freezer lives is left to it.
    expect(await living.isWritable(300)).toBe(false)
    await other.end()
    expect(readdirSync(notes)).toEqual([])
  })

  it('leave out what cannot be frozen', async () => {
    const disk = mounted('ext4')
    const frozen = await Frozen.ready([disk.mountPoint, '/dev/shm'], notes, await freezer())
    open.push({ close: () => frozen.end() })

    expect(await frozen.freeze(10_000)).toEqual(['/dev/shm'])
    await frozen.thaw()
  })
})
