/** The figures beside their aims, for people and for programs. */
import { PATTERNS, type Pattern } from './changes.ts'
import type { Figures, PatternFigures } from './figures.ts'
import type { Peer } from './peers.ts'

interface Row {
  readonly what: string
  readonly figure: number | null
  readonly unit: string
  /** The most it may be, or, where `isLeast`, the least. */
  readonly aim: number
  readonly isLeast?: boolean
  readonly beside?: string
}

const SYNC_AIM: Record<Pattern, number> = { c0: 1.45, c1: 1.7, c5: 2.3, db4k: 2.1 }
const WIRE_AIM: Partial<Record<Pattern, number>> = { c1: 1.02, c5: 1.02, db4k: 1.3 }

function rows({ compareVsCat, syncs, full, coldVsDirect, tracked, rssMiB, catSeconds }: Figures): Row[] {
  return [
    {
      what: 'compare only, in the running agent',
      figure: compareVsCat,
      unit: '× cat',
      aim: 1.1,
      beside: `cat ${catSeconds.toFixed(2)} s`,
    },
    ...PATTERNS.map((pattern) => {
      const { vsCat, seconds, peers, flushSeconds } = syncs[pattern]
      const beside = Object.entries(peers).map(
        ([name, taken]) => `; ${name} ${((taken - flushSeconds) / catSeconds).toFixed(1)} × cat`,
      )
      return {
        what: `sync ${pattern}`,
        figure: vsCat,
        unit: '× cat',
        aim: SYNC_AIM[pattern],
        beside: `${seconds.toFixed(2)} s, of it a flush of the same bytes ${flushSeconds.toFixed(2)} s${beside.join('')}`,
      }
    }),
    {
      what: 'sync c0 of a tracked disk',
      figure: tracked?.c0VsCat ?? null,
      unit: '× cat',
      aim: 0.05,
      ...(tracked === null
        ? {}
        : {
            beside: `${tracked.c0Seconds.toFixed(3)} s; wanted at one instant ${tracked.instantSeconds.toFixed(3)} s`,
          }),
    },
    ...PATTERNS.flatMap((pattern) => {
      const aim = WIRE_AIM[pattern]
      const figure = syncs[pattern].wirePerChangedByte
      return aim === undefined
        ? []
        : [{ what: `wire bytes by changed byte, ${pattern}`, figure, unit: '', aim }]
    }),
    {
      what: 'first full sync',
      figure: full.vsNbdcopy,
      unit: '× nbdcopy',
      aim: 1.3,
      beside: `${full.seconds.toFixed(2)} s, over TLS; nbdcopy without`,
    },
    {
      what: 'first full sync, nbdcopy over TLS too',
      figure: full.vsNbdcopyOverTls,
      unit: '× nbdcopy',
      aim: 1.3,
    },
    {
      what: 'compare a cold block device',
      figure: coldVsDirect,
      unit: 'of dd iflag=direct',
      aim: 0.95,
      isLeast: true,
    },
    { what: 'peak memory of the agent', figure: rssMiB.agent, unit: 'MiB', aim: 160 },
    { what: 'peak memory of the receiver', figure: rssMiB.receiver, unit: 'MiB', aim: 160 },
  ]
}

/** A line each: whether the aim is met, what it is, the figure, the aim. */
export function rowsOf(figures: Figures): string[] {
  const all = rows(figures)
  const width = Math.max(...all.map(({ what }) => what.length))
  return all.map(({ what, figure, unit, aim, isLeast, beside }) => {
    const isMet = figure !== null && (isLeast === true ? figure >= aim : figure <= aim)
    const mark = figure === null ? '–' : isMet ? '✓' : '✗'
    const words = figure === null ? 'not measured here' : `${figure.toFixed(2)} ${unit}`.trim()
    const wanted = `aim: ${aim} or ${isLeast === true ? 'more' : 'less'}`
    return `${mark} ${what.padEnd(width)}  ${words.padEnd(24)}  ${wanted}${beside === undefined ? '' : `  (${beside})`}`
  })
}

/** What tracked syncs cost by the size of the disk, a line each; none where that was not measured. */
export function curveOf({ tracked }: Figures): string[] {
  const cells = (tracked?.curve ?? []).map((disk) => [
    `${disk.sizeBytes / 1024 ** 3} GiB`,
    `${disk.firstSeconds.toFixed(1)} s`,
    `${disk.unchangedSeconds.toFixed(3)} s`,
    `${disk.changedSeconds.toFixed(2)} s`,
    `${Math.round(disk.agentRssMiB)} MiB`,
    `${Math.round(disk.receiverRssMiB)} MiB`,
  ])
  const head = ['tracked disk', 'first sync', 'nothing written', '100 MiB written', 'agent', 'receiver']
  return cells.length === 0
    ? []
    : [head, ...cells].map((row) =>
        row
          .map((cell, i) => cell.padEnd(head[i]?.length ?? 0))
          .join('  ')
          .trimEnd(),
      )
}

const each = <T>(of: (pattern: Pattern) => T): Record<Pattern, T> =>
  Object.fromEntries(PATTERNS.map((pattern) => [pattern, of(pattern)])) as Record<Pattern, T>

/** Ferry's seconds by a peer's, both with their flush; null where it was not found. */
function versus({ seconds, peers }: PatternFigures, name: Peer['name']): number | null {
  const taken = peers[name]
  return taken === undefined ? null : seconds / taken
}

/** The same as one object. Ratios of seconds unless named otherwise. */
export function asJson({ syncs, ...figures }: Figures): Readonly<Record<string, unknown>> {
  return {
    ...figures,
    syncVsCat: { ...each((pattern) => syncs[pattern].vsCat), trackedC0: figures.tracked?.c0VsCat ?? null },
    vsRsync: each((pattern) => versus(syncs[pattern], 'rsync')),
    vsBlocksyncFast: each((pattern) => versus(syncs[pattern], 'blocksync-fast')),
    vsBdsync: each((pattern) => versus(syncs[pattern], 'bdsync')),
    wirePerChangedByte: each((pattern) => syncs[pattern].wirePerChangedByte),
    syncSeconds: each((pattern) => syncs[pattern].seconds),
    flushSeconds: each((pattern) => syncs[pattern].flushSeconds),
  }
}
