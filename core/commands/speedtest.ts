import { formatBytes, formatRate } from '../domain/bytes.ts'
import { formatTime } from '../domain/duration.ts'
import { faultEntry, remedyOf } from '../domain/faults.ts'
import type { SpeedtestFound } from '../domain/speed.ts'
import { limitWords, SPEEDTEST, speedSummary } from '../domain/speed.ts'
import type { AgentTask } from '../domain/task.ts'
import { isOpen, TASK_MOST_MS } from '../domain/task.ts'
import { flag, name } from './args.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import { findJob } from './on-job.ts'
import { demandOnline } from './online.ts'
import type { Reply } from './reply.ts'
import { accepted, done, Refusal } from './reply.ts'

type Test = AgentTask<'speedtest'>

export const speedtest = defineCommand({
  name: 'speedtest',
  summary: 'Measure how fast the source reads its disks and sends, for some seconds',
  effect: 'read',
  role: 'operator',
  legalIn: 'the source is online and does not sync',
  args: { job: name('the job'), result: flag('show the last result instead') },
  example: 'speedtest web-01',
  run: async ({ job: jobName, result }, context) => {
    const { store, actor, person } = context
    const job = await findJob(context, jobName)
    const last = await store.tasks.latest(job.sourceId, 'speedtest')
    if (result) return lastResult(context, jobName, last)
    await demandOnline(context, job)
    if (job.state === 'syncing')
      throw new Refusal(
        'not-legal-now',
        `A speed test beside a sync would slow it down and measure too little. Ask when ${jobName} is Waiting again; \`watch ${jobName}\` shows the rates of the sync itself.`,
      )
    await store.tasks.ask(
      {
        ...{ sourceId: job.sourceId, jobId: job.id, kind: 'speedtest', params: SPEEDTEST },
        ...{ askedBy: person.name, mostMs: TASK_MOST_MS.speedtest },
      },
      { actor, action: 'speedtest', outcome: 'asked', facts: { job: jobName } },
    )
    return accepted(
      'speedtest-started',
      `The source of ${jobName} measures for some seconds; \`speedtest ${jobName} --result\` shows what it finds.`,
      {
        facts: {
          'What is read': `at most ${formatBytes(SPEEDTEST.diskBytes)} of each disk`,
          'What is sent': `at most ${formatBytes(SPEEDTEST.networkBytes)}, to the receiver if there is one, else to the bot`,
        },
        actions: [{ label: 'result', command: `speedtest ${jobName} --result`, effect: 'read' }],
        data: { job: jobName, running: true },
      },
    )
  },
})

function lastResult({ clock }: Context, jobName: string, last: Test | undefined): Reply {
  if (last === undefined)
    throw new Refusal(
      'no-speedtest',
      `The source of ${jobName} has not been measured yet: \`speedtest ${jobName}\` does it.`,
    )
  if (isOpen(last))
    return accepted(
      'speedtest-running',
      `The source of ${jobName} is being measured${last.progress.note === '' ? '' : `: ${last.progress.note}`}.`,
      { data: { job: jobName, running: true } },
    )
  if (last.result === null) {
    const code = last.fault?.code ?? 'INTERNAL'
    return done('speedtest-failed', `The speed test did not end well: ${faultEntry(code).title}.`, {
      facts: {
        Code: code,
        'What happened': last.fault?.detail ?? 'it was stopped',
        'What to do': remedyOf(faultEntry(code), jobName, `speedtest ${jobName}`),
      },
      data: { job: jobName, running: false, code },
    })
  }
  const summary = speedSummary(last.result)
  return done('speedtest', `Measured ${formatTime(last.endedAt ?? last.askedAt, clock.now())}.`, {
    facts: { 'What limits a full sync': limitWords(summary) },
    table: { columns: ['what', 'rate', 'measured with', 'how'], rows: rowsOf(last.result) },
    data: { job: jobName, running: false, ...summary, ...last.result },
  })
}

function rowsOf({ disks, network }: SpeedtestFound): string[][] {
  const rate = (bytesPerSecond: number | null): string =>
    bytesPerSecond === null ? 'not known' : formatRate(bytesPerSecond)
  return [
    ...disks.map((disk) => [
      `read disk ${disk.index} (${disk.path})`,
      ...[rate(disk.bytesPerSecond), formatBytes(disk.readBytes), disk.detail],
    ]),
    ...network.map((way) => [
      `send to the ${way.to} (${way.address})`,
      ...[rate(way.bytesPerSecond), formatBytes(way.sentBytes), way.detail],
    ]),
  ]
}
