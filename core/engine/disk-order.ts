import type { Disk } from '../ports/cloud.ts'
import type { Intermediate } from '../ports/machines.ts'

/** The disks that hold the copy, in the order of the source's: a carrier was attached last and comes first. */
export function inSourceOrder(
  intermediate: Pick<Intermediate, 'carrier'>,
  attached: readonly Disk[],
): readonly Disk[] {
  const byDevice = [...attached].sort((a, b) => a.device.localeCompare(b.device))
  const last = byDevice.at(-1)
  return intermediate.carrier && last !== undefined ? [last, ...byDevice.slice(0, -1)] : byDevice
}
