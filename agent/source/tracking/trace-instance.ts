/**
 * A ring buffer of the kernel of our own, that records every request but reads that ended on one disk. It lives on in
 * the kernel when the agent dies and goes on recording, so an agent that is started again misses nothing.
 *
 * Ended, not issued: a write that is under way while the maps are changed ends later and so counts for the next one,
 * and whoever waits for a write is told of its end after the record is made.
 */
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { errnoOf } from '../../protocol/fault.ts'
import { readLayout, type TraceLayout } from './trace-format.ts'
import { readTracePage, type Ended } from './trace-page.ts'

const EVENT = 'events/block/block_rq_complete'
/** Bytes of all processors' buffers of a disk, and what one has at least and at most. 80,000 writes take 4 MiB. */
const BUFFERS_BYTES = 32 * 1024 * 1024
const [LEAST_KIB, MOST_KIB] = [256, 4096]

const filterOf = (device: number): string => `dev == ${device} && !(rwbs ~ "R*")`

interface Processor {
  readonly stats: number
  readonly pipe: number
}

const numberIn = (text: string, name: string): number =>
  Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(text)?.[1] ?? 0)

export class TraceInstance {
  readonly path: string
  private readonly device: number
  private readonly layout: TraceLayout
  private readonly processors: readonly Processor[]
  private readonly page: Buffer
  private readonly text = Buffer.alloc(4096)

  private constructor(tracefs: string, name: string, device: number) {
    this.path = join(tracefs, 'instances', name)
    this.device = device
    const read = (file: string): string => readFileSync(join(tracefs, file), 'utf8')
    this.layout = readLayout(read('events/header_page'), read(`${EVENT}/format`))
    this.page = Buffer.alloc(this.layout.pageBytes)
    const flags = constants.O_RDONLY | constants.O_NONBLOCK
    this.processors = readdirSync(join(this.path, 'per_cpu')).map((cpu) => ({
      stats: openSync(join(this.path, 'per_cpu', cpu, 'stats'), 'r'),
      pipe: openSync(join(this.path, 'per_cpu', cpu, 'trace_pipe_raw'), flags),
    }))
  }

  /** Begins to record; what an instance of this name held is thrown away. Throws what the kernel says. */
  static begin(tracefs: string, name: string, device: number): TraceInstance {
    TraceInstance.remove(tracefs, name)
    const path = join(tracefs, 'instances', name)
    mkdirSync(path)
    const set = (file: string, value: string): void => writeFileSync(join(path, file), value)
    const each = Math.floor(BUFFERS_BYTES / 1024 / cpus().length)
    set('buffer_size_kb', String(Math.min(MOST_KIB, Math.max(LEAST_KIB, each))))
    // Full: what comes is dropped and counted, so that nothing is lost unseen.
    set('options/overwrite', '0')
    set(`${EVENT}/filter`, filterOf(device))
    set(`${EVENT}/enable`, '1')
    set('tracing_on', '1')
    return new TraceInstance(tracefs, name, device)
  }

  /** The instance that records since another process began it; undefined when there is none that does. */
  static adopt(tracefs: string, name: string, device: number): TraceInstance | undefined {
    if (!existsSync(join(tracefs, 'instances', name))) return undefined
    const instance = new TraceInstance(tracefs, name, device)
    if (instance.isRecording()) return instance
    instance.close()
    return undefined
  }

  /** Repeatable. */
  static remove(tracefs: string, name: string): void {
    if (existsSync(join(tracefs, 'instances', name))) rmdirSync(join(tracefs, 'instances', name))
  }

  /** Whether it is as it was begun: anybody who may write to tracefs can switch it off. */
  isRecording(): boolean {
    const read = (file: string): string => readFileSync(join(this.path, file), 'utf8').trim()
    try {
      const isOn = read('tracing_on') === '1' && read(`${EVENT}/enable`) === '1'
      return isOn && read(`${EVENT}/filter`) === filterOf(this.device)
    } catch {
      return false
    }
  }

  /** How many events it lost since it began. */
  lost(): number {
    return this.processors.reduce((sum, processor) => {
      const text = this.stats(processor)
      return (
        sum + ['overrun', 'commit overrun', 'dropped events'].reduce((n, name) => n + numberIn(text, name), 0)
      )
    }, 0)
  }

  /** Whether there is anything to take. */
  isWaiting(): boolean {
    return this.processors.some((processor) => numberIn(this.stats(processor), 'entries') > 0)
  }

  /**
   * Takes what has been recorded up to now. It is gone from the kernel then: not repeatable. True when something was
   * lost on the way.
   */
  take(told: (ended: Ended) => void): boolean {
    let isLost = false
    for (const processor of this.processors) {
      // As many as there are now; what comes meanwhile comes with the next call, or this one might never end.
      let left = numberIn(this.stats(processor), 'entries')
      while (left > 0) {
        const got = this.readPage(processor)
        if (got === 0) break
        const lost = readTracePage(this.page, this.layout, (ended) => {
          left--
          if (ended.device === this.device) told(ended)
        })
        isLost ||= lost
      }
    }
    return isLost
  }

  /** The instance goes on recording. */
  close(): void {
    for (const { stats, pipe } of this.processors) {
      closeSync(stats)
      closeSync(pipe)
    }
  }

  private stats({ stats }: Processor): string {
    return this.text.toString('latin1', 0, readSync(stats, this.text, 0, this.text.length, 0))
  }

  private readPage({ pipe }: Processor): number {
    try {
      return readSync(pipe, this.page, 0, this.page.length, null)
    } catch (problem) {
      if (errnoOf(problem) === 'EAGAIN') return 0
      throw problem
    }
  }
}
