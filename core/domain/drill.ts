/** A drill: a rehearsal of the migration (S19). It ends with items; one that is Critical stands in the way of a start. */

/** Worst first, as reports show them. */
const LEVELS = ['Critical', 'Warning', 'Normal'] as const
export type Level = (typeof LEVELS)[number]

export interface Verdict {
  readonly level: Level
  /** What was seen. */
  readonly evidence: string
  /** What to do: commands to copy, or sentences. `<job>` stands for the job's name. Empty when there is nothing to do. */
  readonly fix: readonly string[]
}

export interface DrillItem extends Verdict {
  /** What was looked at: `fstab`, `kernel and initramfs`. */
  readonly name: string
}

export const normal = (evidence: string): Verdict => ({ level: 'Normal', evidence, fix: [] })
export const warning = (evidence: string, ...fix: readonly string[]): Verdict => ({
  level: 'Warning',
  evidence,
  fix,
})
export const critical = (evidence: string, ...fix: readonly string[]): Verdict => ({
  level: 'Critical',
  evidence,
  fix,
})

/** What asks for a drill once more, as a fix names it. */
export const DRILL_AGAIN = 'drill <job>'

/** Items whose evidence people need again after the end (S18). */
export const FSTAB = 'fstab'
export const SERVICES = 'services that start at boot'

/** `critical`: at least one item is. `stopped`: the job was cancelled before its end. */
export const DRILL_RESULTS = ['clean', 'critical', 'stopped'] as const
export type DrillResult = (typeof DRILL_RESULTS)[number]

export interface Drill {
  readonly id: string
  readonly jobId: string
  /** 1, 2, 3 … within the job. */
  readonly number: number
  readonly askedBy: string
  /** Whether a server is to be started from the newest image. */
  readonly boot: boolean
  readonly startedAt: Date
  readonly endedAt: Date | null
  readonly result: DrillResult | null
  readonly items: readonly DrillItem[]
  /** The tasks and the verification that it waits for, by what they are for; kept so that a crash asks for none twice. */
  readonly asked: Readonly<Partial<Record<'inspect' | 'speedtest' | 'verification', string>>>
}

export function resultOf(items: readonly DrillItem[]): Exclude<DrillResult, 'stopped'> {
  return items.some(({ level }) => level === 'Critical') ? 'critical' : 'clean'
}

/** Worst first; within a level in the order in which they were found. */
export function worstFirst(items: readonly DrillItem[]): readonly DrillItem[] {
  return LEVELS.flatMap((level) => items.filter((item) => item.level === level))
}

/** `2 Critical, 1 Warning, 9 Normal`. */
export function countWords(items: readonly DrillItem[]): string {
  return LEVELS.map((level) => `${items.filter((item) => item.level === level).length} ${level}`).join(', ')
}
