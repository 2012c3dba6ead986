/**
 * Places where a test may kill a program to see that nothing is lost: FERRY_FAILPOINT names one, `name` for the
 * first time it is passed or `name:3` for the third. Costs one comparison when the variable is not set.
 */

/** Every failpoint of agent and receiver; a test walks them all. The bot's are made of its ports (`bot:jobs.change:after`). */
export const FAILPOINTS = [
  'agent:enrol:before',
  'agent:enrol:after',
  'agent:connect:before',
  'agent:connect:after',
  'agent:batch:before',
  'agent:batch:after',
  'agent:ack:after',
  'agent:seal:before',
  'agent:seal:after',
  'agent:manifest-fsync:before',
  'agent:manifest-rename:before',
  'agent:manifest-rename:after',
  'agent:report-done:before',
  'agent:report-done:after',
  'receiver:keys:after',
  'receiver:register:before',
  'receiver:register:after',
  'receiver:epoch:before',
  'receiver:epoch:after',
  'receiver:journal-append:before',
  'receiver:journal-append:after',
  'receiver:journal-fsync:before',
  'receiver:journal-fsync:after',
  'receiver:write:before',
  'receiver:write:after',
  'receiver:disk-fsync:before',
  'receiver:disk-fsync:after',
  'receiver:ack:before',
  'receiver:seal:before',
  'receiver:journal-new:after',
  'receiver:manifest-fsync:before',
  'receiver:manifest-rename:before',
  'receiver:manifest-rename:after',
  'receiver:sealed-state:before',
  'receiver:sealed-state:after',
  'receiver:sealed-report:before',
  'receiver:sealed-report:after',
] as const
export type Failpoint = (typeof FAILPOINTS)[number]

const [program, place, point, nth] = (process.env['FERRY_FAILPOINT'] ?? '').split(':')
const armed = point === undefined ? undefined : `${program}:${place}:${point}`
let left = Number(nth ?? 1)

/** Ends this process with SIGKILL if the environment asks for it here. */
export function failpoint(name: Failpoint | `bot:${string}`): void {
  if (armed === undefined || name !== armed || --left > 0) return
  process.kill(process.pid, 'SIGKILL')
  // The signal arrives asynchronously in a worker thread; nothing may happen after this point.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
}
