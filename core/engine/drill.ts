/**
 * Drilling: a rehearsal that changes nothing (S19). The source's agent looks and measures, the cloud is asked for
 * show, and if it was wanted a server is started from the newest image. What came out is judged by the rules of the
 * domain and becomes the report; a Critical item leads to Drill Exception, else the job goes back where it was.
 *
 * What was asked of others is noted before it is waited for: run again after a crash, the process waits for the same.
 */
import type { Drill, DrillItem } from '../domain/drill.ts'
import { countWords, critical, DRILL_AGAIN, resultOf, worstFirst } from '../domain/drill.ts'
import { ASSISTANT, sourceItems } from '../domain/drill-rules.ts'
import { cloudItems, speedItems } from '../domain/drill-cloud-rules.ts'
import { SPEEDTEST } from '../domain/speed.ts'
import type { AgentTask, TaskKind, TaskShapes } from '../domain/task.ts'
import { isOpen, TASK_MOST_MS } from '../domain/task.ts'
import { Fault, faultEntry, remedyOf } from '../domain/faults.ts'
import { askCloud } from './ask-cloud.ts'
import { bootItem } from './drill-boot.ts'
import type { JobWork } from './work.ts'
import { ENGINE } from './work.ts'

export async function drill(work: JobWork): Promise<void> {
  const running = await work.parts.store.drills.running(work.job.id)
  if (running === undefined) throw new Error(`${work.job.name} is drilling without a drill`)
  const ofSource = await ofTask(work, running, 'inspect', {}, sourceItems)
  const hasAssistant = ofSource.some(({ name, level }) => name === ASSISTANT && level === 'Normal')
  const items = [
    ...ofSource,
    ...(await ofTask(work, running, 'speedtest', SPEEDTEST, speedItems)),
    ...cloudItems(await askCloud(work)),
    ...(running.boot ? [await bootItem(work, running, hasAssistant)] : []),
  ]
  await conclude(work, running, items)
}

async function conclude(work: JobWork, { number }: Drill, items: readonly DrillItem[]): Promise<void> {
  const result = resultOf(items)
  const { name } = work.job
  const worst = worstFirst(items).filter(({ level }) => level === 'Critical')
  await work.tell(result === 'critical' ? 'critical' : 'drilled', () => ({
    // In Drill Exception it is kept: the next drill, when it is clean, leads back there.
    set: result === 'critical' ? {} : { resume: null },
    endDrill: { result, items },
    facts: { drill: number, result },
    notices: [
      {
        severity: result === 'critical' ? 'warning' : 'info',
        title: `${name}: drill ${number} found ${countWords(items)}`,
        facts: {
          ...Object.fromEntries(worst.slice(0, 10).map((item) => [item.name, item.evidence])),
          Report: `\`report ${name}\``,
        },
      },
    ],
  }))
}

/** What a task of the agent says, by its rules; an agent that does not answer is itself a Critical item. */
async function ofTask<K extends TaskKind>(
  work: JobWork,
  drill: Drill,
  kind: K & keyof Drill['asked'],
  params: TaskShapes[K]['params'],
  rules: (result: TaskShapes[K]['result']) => readonly DrillItem[],
): Promise<readonly DrillItem[]> {
  const task = await finished(work, await asked(work, drill, kind, params))
  if (task.result !== null) return rules(task.result)
  const entry = faultEntry(task.fault?.code ?? 'INTERNAL')
  const evidence = `${entry.title}: ${task.fault?.detail ?? 'it was stopped'}`
  return [{ name: `source agent, ${kind}`, ...critical(evidence, remedyOf(entry, '<job>', DRILL_AGAIN)) }]
}

/** The task that this drill waits for: the one that was asked before a crash, or a new one. */
async function asked<K extends TaskKind>(
  { parts: { store }, job }: JobWork,
  drill: Drill,
  kind: K & keyof Drill['asked'],
  params: TaskShapes[K]['params'],
): Promise<AgentTask> {
  const known = drill.asked[kind]
  const before = known === undefined ? undefined : await store.tasks.byId(known)
  if (before !== undefined) return before
  const { task } = await store.tasks.ask(
    {
      ...{ sourceId: job.sourceId, jobId: job.id, kind, params },
      ...{ askedBy: drill.askedBy, mostMs: TASK_MOST_MS[kind] },
    },
    { actor: ENGINE, action: `drill.${kind}`, outcome: 'asked', facts: { drill: drill.number } },
  )
  await store.drills.setAsked(drill.id, kind, task.id)
  return task
}

async function finished(work: JobWork, task: AgentTask): Promise<AgentTask> {
  const { store, settings } = work.parts
  return work.until(
    async () => {
      const now = await store.tasks.byId(task.id)
      return now === undefined || isOpen(now) ? undefined : now
    },
    settings.timings.lookMs,
    // Its own end comes first: the clock of the database ends it.
    TASK_MOST_MS[task.kind] + settings.timings.agentSilenceMs,
    () => new Fault('TASK_TIMEOUT', `the agent has not finished ${task.kind}`),
  )
}
