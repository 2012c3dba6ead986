/** The byte path against its measures: a first sync against `dd`, and what a sync costs when nothing changed. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildServerDisks } from '../../sandbox/server-disk.ts'
import { buildAgents } from '../bundle.ts'
import { countingProxy } from './counting-proxy.ts'
import { startPair, type Bundles, type Pair } from './programs.ts'

const GIB = 1024 ** 3

/** Medians over the rounds. `ratio`: dd's seconds by the sync's, so 1 is as fast as dd. */
interface FullSyncFigures {
  readonly rounds: number
  readonly diskBytes: number
  readonly dataBytes: number
  readonly ddSeconds: number
  readonly syncSeconds: number
  readonly ratio: number
  readonly agentCpuSeconds: number
  readonly receiverCpuSeconds: number
  readonly agentPeakRssMiB: number
  readonly receiverPeakRssMiB: number
  /** What the agent sent, TLS records included. */
  readonly wireBytes: number
}

interface UnchangedSyncFigures {
  readonly diskBytes: number
  readonly seconds: number
  /** Both directions, as a proxy between the programs counts them: handshakes, tickets and TLS included. */
  readonly wireBytes: number
  readonly wireBytesPerGiB: number
}

interface Source {
  readonly path: string
  readonly sizeBytes: number
}

interface Bench {
  readonly directory: string
  readonly bundles: Bundles
  readonly sources: readonly Source[]
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

/** Builds programs and disks in a temporary directory, which lives as long as `work` runs. */
async function prepared<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'ferry-bench-'))
  try {
    const [agent, receiver] = await buildAgents(directory)
    if (agent === undefined || receiver === undefined) throw new Error('the programs were not built')
    const { system, data } = buildServerDisks({ directory: join(directory, 'source'), seed: 'bench' })
    return await work({ directory, bundles: { agent, receiver }, sources: [system, data] })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Copies all sources to fresh files, made durable; the seconds that `dd` took, without starting it. */
function ddSeconds(directory: string, sources: readonly Source[]): number {
  let seconds = 0
  for (const [i, { path }] of sources.entries()) {
    const target = join(directory, `dd-${i}`)
    const run = spawnSync('dd', [`if=${path}`, `of=${target}`, 'bs=1M', 'conv=fdatasync'], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    })
    const said = /copied, ([\d.e-]+) s/.exec(run.stderr)?.[1]
    if (said === undefined) throw new Error(`dd did not copy: ${run.stderr}`)
    seconds += Number(said)
    rmSync(target)
  }
  return seconds
}

function assertEqual(pair: Pair, sources: readonly Source[]): void {
  for (const [i, { path }] of sources.entries()) {
    const { status } = spawnSync('cmp', [path, pair.targets[i] ?? ''])
    if (status !== 0) throw new Error(`disk ${i} is not equal after the sync`)
  }
}

interface Round {
  readonly sync: number
  readonly agentCpu: number
  readonly receiverCpu: number
  readonly agentRss: number
  readonly receiverRss: number
  readonly wireBytes: number
  readonly dataBytes: number
}

/** One first sync to blank disks, by programs that have just come up; targets are checked byte for byte. */
async function firstSync({ directory, bundles, sources }: Bench): Promise<Round> {
  const place = join(directory, 'round')
  mkdirSync(place)
  const pair = await startPair(place, bundles, sources)
  try {
    const [agent, receiver] = [pair.agentUsage(), pair.receiverUsage()]
    const { report, seconds } = await pair.bot.order()
    const [agentAfter, receiverAfter] = [pair.agentUsage(), pair.receiverUsage()]
    assertEqual(pair, sources)
    return {
      sync: seconds,
      agentCpu: agentAfter.cpuSeconds - agent.cpuSeconds,
      receiverCpu: receiverAfter.cpuSeconds - receiver.cpuSeconds,
      agentRss: agentAfter.peakRssMiB,
      receiverRss: receiverAfter.peakRssMiB,
      wireBytes: report.wireBytes,
      dataBytes: report.disks.reduce((sum, { changedBytes }) => sum + changedBytes, 0),
    }
  } finally {
    await pair.close()
    rmSync(place, { recursive: true })
  }
}

/** A first sync of a demo server's disks against `dd` of the same disks to the same file system, in turns. */
export async function benchFullSync(request: { readonly rounds: number }): Promise<FullSyncFigures> {
  return prepared(async (bench) => {
    const dd: number[] = []
    const rounds: Round[] = []
    for (let i = 0; i < request.rounds; i++) {
      dd.push(ddSeconds(bench.directory, bench.sources))
      rounds.push(await firstSync(bench))
    }
    const of = (field: keyof Round): number => median(rounds.map((round) => round[field]))
    return {
      rounds: request.rounds,
      diskBytes: bench.sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      dataBytes: of('dataBytes'),
      ddSeconds: median(dd),
      syncSeconds: of('sync'),
      ratio: median(dd) / of('sync'),
      agentCpuSeconds: of('agentCpu'),
      receiverCpuSeconds: of('receiverCpu'),
      agentPeakRssMiB: of('agentRss'),
      receiverPeakRssMiB: of('receiverRss'),
      wireBytes: of('wireBytes'),
    }
  })
}

/** A sync of disks that are as they were at the last one: what it sends, and how long it takes. */
export async function benchUnchangedSync(): Promise<UnchangedSyncFigures> {
  return prepared(async ({ directory, bundles, sources }) => {
    const pair = await startPair(directory, bundles, sources)
    const proxy = await countingProxy(pair.port)
    try {
      await pair.bot.order()
      await pair.bot.asked()
      const receiver = { host: '127.0.0.1', port: proxy.port }
      const { report, seconds } = await pair.bot.order({ receiver })
      if (report.disks.some(({ changedBytes }) => changedBytes > 0))
        throw new Error('something was sent although nothing had changed')
      const diskBytes = sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      const wireBytes = proxy.bytes()
      return { diskBytes, seconds, wireBytes, wireBytesPerGiB: (wireBytes / diskBytes) * GIB }
    } finally {
      proxy.close()
      await pair.close()
    }
  })
}
