import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { catalogue } from '../../../core/commands/catalogue.ts'
import { anImageOf, jobIn } from '../../support/job-in-state.ts'
import { eventually } from '../../support/eventually.ts'
import type { SlackRig } from '../../support/slack-rig.ts'
import { startSlackRig } from '../../support/slack-rig.ts'

let rig: SlackRig
beforeAll(async () => {
  rig = await startSlackRig()
  const job = await jobIn(rig.store, 'waiting', { name: 'web-01' })
  await anImageOf(rig.store, job, 'm-bp1aaaaaa')
})
afterAll(() => rig.stop())

/** What shows an answer, at whichever place. */
const ANSWERS = new Set(['respond', 'chat.postMessage', 'views.update', 'chat.postEphemeral'])

describe.each(['newer', 'none'] as const)(
  'the example of every command, with %s blocks refused',
  (refused) => {
    it.each(catalogue.map(({ name, example }) => [name, example]))(
      '%s is answered within Slack’s limits',
      async (_name, example) => {
        rig.workspace.refuseBlocks(refused)
        const from = rig.workspace.calls.length
        expect(await rig.person('admin').types(example)).toMatchObject({ status: 200, text: '' })

        await eventually('an answer', async () =>
          rig.workspace.calls
            .slice(from)
            .some(({ method, answer }) => ANSWERS.has(method) && answer === 'ok'),
        )
        expect(rig.workspace.problems).toEqual([])
      },
    )
  },
)
