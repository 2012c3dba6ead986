import { holdDestination } from './destination.ts'
import { readyIntermediate } from './intermediate.ts'
import type { JobWork } from './work.ts'

/** Preparing: leads to an intermediate whose receiver answers, then the first sync begins. */
export async function prepare(work: JobWork): Promise<void> {
  await holdDestination(work)
  await readyIntermediate(work)
  await work.tell('prepared')
}
