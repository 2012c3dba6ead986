/**
 * Most durations of the product are shortened in tests, so that nobody waits for them. `npm run soak` runs some tests
 * with the durations that are delivered: then whoever waits is ten times as patient.
 */
export const REAL_TIME = process.env['FERRY_TEST_REAL_TIME'] === '1'

/** How long to wait for something that takes at most `ms` where durations are shortened. */
export const patience = (ms: number): number => (REAL_TIME ? ms * 10 : ms)
