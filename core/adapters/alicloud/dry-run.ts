import { cloudCode } from './errors.ts'

/** Waits for a call that was made for show. The cloud says by an error that it would have worked; others are thrown on. */
export async function isDryRun(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (cloudCode(error) !== 'DryRunOperation') throw error
  }
}
