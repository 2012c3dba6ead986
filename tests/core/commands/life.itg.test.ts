import { describe, expect, it } from 'vitest'
import type { Job, State } from '../../../core/domain/job.ts'
import { STATE_LABELS, STATES } from '../../../core/domain/job.ts'
import { ASKABLE, askableIn, labels, move, statesAllowing } from '../../../core/domain/life.ts'
import { openCommands } from '../../support/commands.ts'
import { jobIn } from '../../support/job-in-state.ts'

const { store, ask } = await openCommands({ complete: 0 })

const pairs = STATES.flatMap((state) => ASKABLE.map((command) => ({ state, command })))
const isLegal = ({ state, command }: (typeof pairs)[number]): boolean => askableIn(state).includes(command)

/** What a job in `state` goes back to; the same as `jobIn` writes. */
const resume = (state: State) => (state === 'paused' || state === 'error' ? 'syncing' : null)

describe('a command that the life table allows', () => {
  it.each(pairs.filter(isLegal))('$command moves a job that is $state', async ({ state, command }) => {
    const before = await jobIn(store, state)

    const reply = await ask('operator', `${command} ${before.name}`)

    const after = await store.jobs.byId(before.id)
    expect(reply.outcome).not.toBe('refused')
    expect(after?.state).toBe(move({ state, resume: resume(state) }, command))
    expect(after?.version).toBeGreaterThan(before.version)
  })
})

/** What a job of this state offers: what the life table allows, and after the end what leads on (S13, S16). */
function offered(state: State): readonly string[] {
  const after = { completed: ['verify', 'clone'], cancelled: ['clone'] }
  return [...(state === 'completed' || state === 'cancelled' ? after[state] : []), ...askableIn(state)]
}

/** Out of Drill Exception leads a clean drill, which the refusal says. */
const wayOut = ({ state, name }: Job): string =>
  state === 'drill-exception'
    ? ` The last drill found Critical items: \`report ${name}\` lists them with what to do; then \`drill ${name}\` again.`
    : ''

describe('a command that the life table does not allow', () => {
  it.each(pairs.filter((pair) => !isLegal(pair)))(
    '$command leaves a job that is $state as it is, and says what is possible',
    async ({ state, command }) => {
      const before = await jobIn(store, state)

      const reply = await ask('operator', `${command} ${before.name}`)

      expect(await store.jobs.byId(before.id)).toEqual(before)
      if (command === 'sync' && state === 'syncing') {
        expect(reply).toMatchObject({ outcome: 'refused', code: 'already-running' })
        return
      }
      expect(reply).toMatchObject({ outcome: 'refused', code: 'not-legal-now', data: { state } })
      expect(reply.title).toBe(
        `${command} is not possible while ${before.name} is ${STATE_LABELS[state]}. ` +
          `It is possible in ${labels(statesAllowing(command))}.${wayOut(before)}`,
      )
      expect(reply.facts['Possible now']).toBe([...offered(state), 'status'].join(', '))
      const [entry] = await store.audit.list({ jobId: before.id, limit: 1 })
      expect(entry).toMatchObject({ action: command, outcome: 'refused: not-legal-now' })
    },
  )
})
