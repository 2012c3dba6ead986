import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { alignedBuffer } from '../../../../agent/protocol/aligned.ts'
import { BLOCK_BYTES } from '../../../../agent/protocol/geometry.ts'
import { digestOf, toHex } from '../../../../agent/protocol/digest.ts'
import { diskAt } from '../../../../agent/source/disks.ts'
import { takeInstant } from '../../../../agent/source/freeze/instant.ts'
import type { BlockBits } from '../../../../agent/source/tracking/block-bits.ts'
import { DirtyFile } from '../../../../agent/source/tracking/dirty-file.ts'
import { DiskTracker, type TrackerPlace } from '../../../../agent/source/tracking/disk-tracker.ts'
import { findTracefs } from '../../../../agent/source/tracking/tracefs.ts'
import { TraceInstance } from '../../../../agent/source/tracking/trace-instance.ts'
import { chance, KINDS } from '../../../support/random-writers.ts'
import { fileSystemKinds, LoopDisk, loopObstacle, sh } from '../../../support/loop-disk.ts'
import { until } from '../../../support/machines.ts'
import { ROOT } from '../../../support/run.ts'

const MIB = 1024 * 1024
const TRACEFS = findTracefs() ?? ''
const obstacle = loopObstacle()

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

function loop(sizeBytes: number): LoopDisk {
  const disk = new LoopDisk(sizeBytes)
  open.push(() => disk.close())
  return disk
}

let names = 0
function placed(): TrackerPlace {
  const directory = mkdtempSync(join(tmpdir(), 'ferry-track-'))
  const instance = `ferry-test-${process.pid}-${++names}`
  open.push(() => rmSync(directory, { recursive: true }))
  open.push(() => TraceInstance.remove(TRACEFS, instance))
  return { tracefs: TRACEFS, instance, file: join(directory, 'disk-0.dirty') }
}

function tracked(disk: LoopDisk, place: TrackerPlace): DiskTracker {
  const tracker = new DiskTracker(diskAt(disk.device, 0), place)
  open.push(() => {
    try {
      tracker.close()
    } catch {
      // A test has closed it.
    }
  })
  return tracker
}

/** As it is after a sync that compared everything. */
function trusted(disk: LoopDisk, place: TrackerPlace): DiskTracker {
  const tracker = tracked(disk, place)
  tracker.settle('root', tracker.take(undefined).era)
  return tracker
}

/** The digest of every block, read past the page cache as the agent reads. */
function digestsOf(device: string, sizeBytes: number): string[] {
  const fd = openSync(device, constants.O_RDONLY | constants.O_DIRECT)
  const buffer = alignedBuffer(MIB)
  const digests: string[] = []
  for (let at = 0; at < sizeBytes; at += MIB) {
    const got = readSync(fd, buffer, 0, MIB, at)
    for (let i = 0; i < got; i += BLOCK_BYTES)
      digests.push(toHex(digestOf(buffer.subarray(i, Math.min(got, i + BLOCK_BYTES)))))
  }
  closeSync(fd)
  return digests
}

/** Writes past the page cache, so that it has ended when this returns. */
function put(device: string, offset: number, byte: number, bytes = 4096): void {
  const fd = openSync(device, constants.O_WRONLY | constants.O_DIRECT)
  const buffer = alignedBuffer(bytes).subarray(0, bytes).fill(byte)
  writeSync(fd, buffer, 0, bytes, offset)
  closeSync(fd)
}

const blocksOf = (bits: BlockBits, blocks: number): number[] =>
  Array.from({ length: blocks }, (_, block) => block).filter((block) => bits.has(block))

function writer(root: string, seed: number): ChildProcess {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(ROOT, 'tests/support/writer.ts'), root, String(seed)],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  open.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  })
  return child
}

describe.skipIf(obstacle !== undefined)('the dirty map of a disk', () => {
  it.each(fileSystemKinds())(
    'misses no block that random writers change in every way on a live %s',
    async (kind) => {
      const seed = Date.now() % 1e6
      const random = chance(seed)
      const disk = loop(320 * MIB)
      disk.make(kind)
      disk.mount(...(random(2) === 0 ? ['discard'] : []))
      const writers = [1, 2].map((n) => {
        const root = join(disk.mountPoint, `writer-${n}`)
        mkdirSync(root)
        return writer(root, seed + n)
      })
      await Promise.all(writers.map((child) => once(child.stdout ?? child, 'data')))
      const ways = new Set(['trimmed'])
      const tracker = tracked(disk, placed())
      for (const { stdout } of writers)
        stdout?.on('data', (part: Buffer) =>
          part
            .toString()
            .split(/\s/)
            .forEach((way) => ways.add(way)),
        )
      const { era } = tracker.take(undefined)
      const blocks = Math.ceil(disk.sizeBytes / BLOCK_BYTES)
      let before = digestsOf(disk.device, disk.sizeBytes)
      let changed = 0
      let least = blocks

      for (let round = 0; round < 6; round++) {
        await new Promise((resolve) => setTimeout(resolve, random(400)))
        if (round === 4) await until('every way', () => KINDS.every((way) => ways.has(way)))
        if (round === 5) sh('fstrim', disk.mountPoint)
        if (random(2) === 0) sh('sync', '-f', disk.mountPoint)
        const during = tracker.more(era)
        expect(during.because).toBeUndefined()
        // Writers go on while the copy is made: what they write meanwhile is in the next map.
        const after = digestsOf(disk.device, disk.sizeBytes)
        const map = tracker.peek()
        map.addAll(during.blocks)
        least = Math.min(least, map.count())
        const unseen = after.flatMap((digest, block) =>
          digest !== before[block] && !map.has(block) ? [block] : [],
        )
        changed += after.filter((digest, block) => digest !== before[block]).length
        expect({ seed, round, unseen }).toEqual({ seed, round, unseen: [] })
        // What was written before the copy and what it shows is known; the copy is where the next round begins.
        before = after
      }
      expect(writers.every(({ exitCode }) => exitCode === null)).toBe(true)
      expect(changed).toBeGreaterThan(20)
      // A map that holds everything would miss nothing either.
      expect(least).toBeLessThan(blocks / 2)
    },
    30_000,
  )

  it('holds exactly the blocks that were written, trimmed or filled with zeros, and none that were read', () => {
    const disk = loop(64 * MIB)
    const tracker = trusted(disk, placed())

    put(disk.device, 5 * BLOCK_BYTES + 4096, 1)
    put(disk.device, 9 * BLOCK_BYTES - 4096, 2, 8192)
    sh('blkdiscard', '--offset', String(20 * BLOCK_BYTES), '--length', String(2 * BLOCK_BYTES), disk.device)
    sh('blkdiscard', '-z', '--offset', String(30 * BLOCK_BYTES), '--length', '4096', disk.device)
    digestsOf(disk.device, disk.sizeBytes)
    const { blocks, because } = tracker.take('root')

    expect(because).toBeUndefined()
    expect(blocksOf(blocks, 1024)).toEqual([5, 8, 9, 20, 21, 30])
  })

  it('goes on where it was when the agent dies and is started again', () => {
    const disk = loop(64 * MIB)
    const place = placed()
    const first = trusted(disk, place)
    put(disk.device, 3 * BLOCK_BYTES, 1)
    first.poll()
    first.close()
    put(disk.device, 4 * BLOCK_BYTES, 1)

    const second = tracked(disk, place)
    const { blocks, because } = second.take('root')

    expect(because).toBeUndefined()
    expect(blocksOf(blocks, 1024)).toEqual([3, 4])
  })

  it('keeps what was handed to a sync that did not end well', () => {
    const disk = loop(64 * MIB)
    const place = placed()
    const first = trusted(disk, place)
    put(disk.device, 3 * BLOCK_BYTES, 1)
    first.take('root')
    put(disk.device, 4 * BLOCK_BYTES, 1)
    first.expect('next', first.take('root').era)
    first.close()

    const second = tracked(disk, place)

    for (const root of ['root', 'next']) {
      const { blocks, because } = second.take(root)
      expect(because).toBeUndefined()
      expect(blocksOf(blocks, 1024)).toEqual([3, 4])
    }
    second.settle('next', second.take('next').era)
    expect(blocksOf(second.take('next').blocks, 1024)).toEqual([])
    expect(second.take('root').because).toMatch(/no manifest of the last sync/)
  })

  it('hands nothing over to a sync in whose place another has begun, and settles nothing for it', async () => {
    const disk = loop(64 * MIB)
    const tracker = trusted(disk, placed())
    const { era: former } = tracker.take('root')
    const { era } = tracker.take('root')
    put(disk.device, 3 * BLOCK_BYTES, 1)
    const limits = { mostMs: 2000, mostBytes: MIB }
    const directory = mkdtempSync(join(tmpdir(), 'ferry-track-'))
    open.push(() => rmSync(directory, { recursive: true }))

    expect(() => tracker.more(former)).toThrow('another sync of this disk has begun')
    const instant = await takeInstant([{ tracker, era: former }], limits, directory)
    expect(instant).toMatchObject({ again: false })
    tracker.settle('other', former)

    expect(blocksOf(tracker.more(era).blocks, 1024)).toEqual([3])
    expect(tracker.look('root').because).toBeUndefined()
    expect(blocksOf(tracker.look('root').blocks, 1024)).toEqual([3])
  })

  it('is not taken for another that knew the disk before', () => {
    const disk = loop(64 * MIB)
    const place = placed()
    const first = trusted(disk, place)
    const { era } = first.take('root')
    first.close()
    const second = tracked(disk, place)
    second.take('root')

    expect(() => second.more(era)).toThrow('another sync of this disk has begun')
  })

  it('is not trusted when the kernel lost events', async () => {
    const disk = loop(64 * MIB)
    const place = placed()
    const tracker = trusted(disk, place)
    writeFileSync(join(TRACEFS, 'instances', place.instance, 'buffer_size_kb'), '1')
    const fd = openSync(disk.device, constants.O_WRONLY | constants.O_DIRECT)
    const buffer = alignedBuffer(4096)
    await until('a loss', () => {
      for (let i = 0; i < 500; i++) writeSync(fd, buffer, 0, 4096, (i % 1000) * 4096)
      return new RegExp('^dropped events: [1-9]', 'm').test(
        ['cpu0', 'cpu1']
          .map((cpu) => sh('cat', join(TRACEFS, 'instances', place.instance, 'per_cpu', cpu, 'stats')))
          .join('\n'),
      )
    })
    closeSync(fd)

    const { because, era } = tracker.take('root')

    expect(because).toMatch(/^the kernel lost \d+ records of writes$/)
    tracker.settle('root', era)
    expect(tracker.take('root').because).toBeUndefined()
  })

  it('is not trusted after a doubt that came up while a sync was comparing everything', () => {
    const tracker = tracked(loop(64 * MIB), placed())
    const { era } = tracker.take(undefined)
    tracker.doubt('for a test')

    tracker.settle('root', era)

    expect(tracker.take('root').because).toBe('for a test')
  })

  it.each<[string, (disk: LoopDisk, place: TrackerPlace) => void, string]>([
    [
      'a restart of the server',
      (_, place) => restate(place, { boot: 'another' }),
      'the server was restarted',
    ],
    [
      'an agent killed in the middle of taking events',
      (_, place) => DirtyFileAt(place).setDraining(true),
      'the agent was ended while it took writes from the kernel',
    ],
    [
      'another disk under the same name',
      (disk) => {
        disk.detach()
        disk.attach()
      },
      'the disk was replaced by another one',
    ],
    [
      'the end of the record in the kernel',
      (_, { instance }) => TraceInstance.remove(TRACEFS, instance),
      "the kernel's record of writes was gone",
    ],
    [
      'a record that was switched off',
      (_, { instance }) => writeFileSync(join(TRACEFS, 'instances', instance, 'tracing_on'), '0'),
      "the kernel's record of writes was gone",
    ],
    [
      'a map that was damaged',
      (_, { file }) => writeFileSync(file, Buffer.alloc(9000)),
      'the record of written blocks cannot be read',
    ],
  ])('is not trusted after %s', (_, happens, words) => {
    const disk = loop(64 * MIB)
    const place = placed()
    trusted(disk, place).close()
    const { device } = disk
    happens(disk, place)
    expect(disk.device).toBe(device)

    const tracker = tracked(disk, place)

    expect(tracker.take('root').because).toContain(words)
    tracker.settle('root', tracker.take('root').era)
    put(disk.device, 7 * BLOCK_BYTES, 1)
    expect(blocksOf(tracker.take('root').blocks, 1024)).toEqual([7])
  })

  it('notices while it runs that its record was switched off, also while writes are held', () => {
    const place = placed()
    const tracker = trusted(loop(64 * MIB), place)
    const { era } = tracker.take('root')
    const isRecorded = (is: boolean): void =>
      writeFileSync(
        join(TRACEFS, 'instances', place.instance, 'events/block/block_rq_complete/enable'),
        is ? '1' : '0',
      )

    tracker.hold()
    expect(tracker.isOf(era)).toBe(true)
    isRecorded(false)
    expect(tracker.isOf(era)).toBe(false)
    tracker.release()

    expect(tracker.take('root').because).toBe("the kernel's record of writes was gone")
  })

  it('shows what it holds without handing it over', () => {
    const disk = loop(64 * MIB)
    const tracker = trusted(disk, placed())
    put(disk.device, 3 * BLOCK_BYTES, 1)
    tracker.take('root')
    put(disk.device, 4 * BLOCK_BYTES, 1)

    const looks = [tracker.look('root'), tracker.look('root')]

    for (const { blocks, because } of looks) {
      expect(because).toBeUndefined()
      expect(blocksOf(blocks, 1024)).toEqual([3, 4])
    }
    expect(tracker.look('another').because).toMatch(/no manifest of the last sync/)
    expect(blocksOf(tracker.take('root').blocks, 1024)).toEqual([3, 4])
  })

  it('says in its file that events are under way for as long as they are only in memory', () => {
    const place = placed()
    const tracker = trusted(loop(64 * MIB), place)
    const marks: (number | undefined)[] = []
    const mark = (): unknown => marks.push(readFileSync(place.file)[0])
    const taking = vi.spyOn(TraceInstance.prototype, 'take').mockImplementation(() => {
      mark()
      return false
    })
    open.push(() => taking.mockRestore())

    tracker.peek()
    mark()
    tracker.hold()
    mark()
    tracker.heldTake()
    mark()
    tracker.release()
    mark()

    expect(marks).toEqual([1, 0, 1, 1, 1, 0])
  })

  it('gives no instant when something was written while the rest was read, and keeps what it had handed over', async () => {
    const disk = loop(64 * MIB)
    const tracker = trusted(disk, placed())
    const { era } = tracker.take('root')
    put(disk.device, 3 * BLOCK_BYTES, 1)
    const directory = mkdtempSync(join(tmpdir(), 'ferry-track-'))
    open.push(() => rmSync(directory, { recursive: true }))
    const heldTake = tracker.heldTake.bind(tracker)
    vi.spyOn(tracker, 'heldTake').mockImplementation(() => {
      const blocks = heldTake()
      put(disk.device, 5 * BLOCK_BYTES, 1)
      return blocks
    })

    const instant = await takeInstant([{ tracker, era }], { mostMs: 2000, mostBytes: MIB }, directory)

    expect(instant).toEqual({
      because: '1 blocks of disk 0 were written past the file systems that were frozen',
      again: false,
    })
    expect(blocksOf(tracker.more(era).blocks, 1024)).toEqual([3, 5])
  })

  it('is over when it cannot be begun anew, and what follows begins with a doubt', () => {
    const disk = loop(64 * MIB)
    const place = placed()
    const tracker = trusted(disk, place)
    const record = join(TRACEFS, 'instances', place.instance)
    const held = openSync(join(record, 'tracing_on'), 'r+')
    writeSync(held, '0')

    expect(() => tracker.take('root')).toThrow(/EBUSY/)
    expect(tracker.isOver).toBe(true)
    closeSync(held)

    expect(tracked(disk, place).take('root').because).toBe("the kernel's record of writes was gone")
  })
})

const DirtyFileAt = ({ file }: TrackerPlace): DirtyFile => {
  const known = DirtyFile.recall(file)
  if ('problem' in known) throw new Error(known.problem)
  return known.file
}

function restate(place: TrackerPlace, change: { boot: string }): void {
  const known = DirtyFile.recall(place.file)
  if ('problem' in known) throw new Error(known.problem)
  known.file.setState({ ...known.state, ...change })
  known.file.close()
}
