import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { jobIn } from '../../support/job-in-state.ts'
import type { Shown } from '../../support/slack-person.ts'
import { labelsOf, wordsOf } from '../../support/slack-person.ts'
import type { SlackRig } from '../../support/slack-rig.ts'
import { startSlackRig } from '../../support/slack-rig.ts'

let rig: SlackRig
beforeAll(async () => {
  rig = await startSlackRig()
})
afterAll(async () => {
  expect(rig.workspace.problems).toEqual([])
  await rig.stop()
})

/** The Home that is published on what is done in `work`. */
async function homeAfter(work: () => Promise<unknown>): Promise<Shown> {
  const from = rig.workspace.calls.length
  await work()
  const { args } = await rig.next('views.publish', from, ({ answer }) => answer === 'ok')
  return args['view'] as Shown
}
/** The form as it stands after what is done in `work`. */
async function formAfter(work: () => Promise<unknown>): Promise<Shown> {
  const from = rig.workspace.calls.length
  await work()
  const { args } = await rig.next('views.update', from)
  return { ...(args['view'] as object), id: args['view_id'] }
}
const open = () => homeAfter(() => rig.person('operator').opensHome())

describe('the App Home', () => {
  it('says what to do first when there are no jobs', async () => {
    expect(wordsOf(await open())).toContain('There are no jobs yet')
  })

  it('tells a stranger how to become known', async () => {
    const home = await homeAfter(() => rig.person('stranger').opensHome())

    expect(wordsOf(home)).toContain('Ferry does not know you')
  })

  it('shows the fleet as one table, and what waits for a person with the button that goes on', async () => {
    const [waiting, paused] = [await jobIn(rig.store, 'waiting'), await jobIn(rig.store, 'paused')]
    await jobIn(rig.store, 'error')
    const home = await open()

    const table = (home.blocks as { type: string; rows?: { text: string }[][] }[]).find(
      ({ type }) => type === 'data_table',
    )
    expect(table?.rows?.map(([job]) => job?.text)).toEqual(
      expect.arrayContaining(['job', waiting.name, paused.name]),
    )
    expect(wordsOf(home)).toMatch(/3 jobs: .*2 wait for a person/)
    expect(labelsOf(home)).toEqual(expect.arrayContaining(['Resume', 'Troubleshoot', 'Refresh']))
  })

  it('carries out what is pressed there in a form, and is shown anew', async () => {
    const job = await jobIn(rig.store, 'paused')
    const home = await open()
    const at = rig.workspace.calls.length
    const button = (home.blocks as { accessory?: { value: string } }[]).find(
      ({ accessory }) => accessory?.value === `resume ${job.name}`,
    )
    await rig.person('operator').presses({ ...home, blocks: [button] }, 'Resume')

    const { args } = await rig.next('views.update', at)
    expect(wordsOf(args['view'] as Shown)).toContain(`${job.name} is`)
    await rig.next('views.publish', at)
    expect((await rig.store.jobs.named(job.name))?.state).not.toBe('paused')
  })

  it('filters by state and by name, and keeps to it', async () => {
    const job = await jobIn(rig.store, 'error')
    const home = await open()
    const filtered = await homeAfter(() => rig.person('viewer').chooses(home, 'error'))
    expect(JSON.stringify(filtered)).toContain(job.name)
    expect(JSON.stringify(filtered)).not.toMatch(/"text":"Waiting"}\]/)

    const found = await homeAfter(() =>
      rig.person('viewer').presses(
        {
          ...filtered,
          blocks: [
            {
              type: 'actions',
              elements: [
                {
                  ...{ type: 'button', action_id: 'home:search', value: job.name.toUpperCase() },
                  text: { type: 'plain_text', text: 'search' },
                },
              ],
            },
          ],
        },
        'search',
      ),
    )
    expect(wordsOf(found)).toMatch(/^Fleet\n1 job: 1 error/)
  })

  it('stands as it was left when it is opened again, and an event that comes late changes nothing', async () => {
    const home = await open()
    const filtered = await homeAfter(() => rig.person('viewer').chooses(home, 'error'))
    const again = await homeAfter(() => rig.person('viewer').opensHome(filtered))
    expect(again['private_metadata']).toContain('"filter":"error"')

    rig.workspace.fail('views.publish', 1, { error: 'hash_conflict' })
    const from = rig.workspace.calls.length
    await rig.person('viewer').opensHome({ ...filtered, hash: '156.of-before' })
    const late = await rig.next('views.publish', from)
    expect(late).toMatchObject({ answer: 'hash_conflict', args: { hash: '156.of-before' } })
  })

  it('opens a job in a form, with what is legal now, which happens there', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const home = await open()
    const opener = (home.blocks as { elements?: { action_id: string }[] }[]).flatMap(({ elements }) =>
      (elements ?? []).filter(({ action_id }) => action_id === 'home:open'),
    )
    const form = await formAfter(() =>
      rig.person('operator').chooses({ ...home, blocks: [{ type: 'actions', elements: opener }] }, job.name),
    )
    expect(wordsOf(form)).toContain(`${job.name} is Waiting.`)
    expect(labelsOf(form)).toEqual(expect.arrayContaining(['Sync', 'Pause', 'Cancel…']))

    const after = await formAfter(() => rig.person('operator').presses(form, 'Pause'))
    expect(wordsOf(after)).toContain(`${job.name} is Paused`)

    const asked = await formAfter(() => rig.person('operator').presses(after, 'Clear'))
    expect(labelsOf(asked)).toEqual([`Yes, clear ${job.name}`, 'Leave it'])
    const gone = await formAfter(() => rig.person('operator').presses(asked, 'Yes'))
    expect(wordsOf(gone)).toContain(`${job.name} is Clearing`)
    await eventually('the clearing', async () => (await rig.store.jobs.named(job.name))?.state === 'clearing')
  })

  it('is shown with classic blocks where the newer ones are refused', async () => {
    rig.workspace.refuseBlocks('newer')
    const home = await open()
    rig.workspace.refuseBlocks('none')

    expect(wordsOf(home)).toContain('```\njob ')
    // That says nothing about messages and forms.
    await eventually('it to be remembered', () => rig.store.workspaces.isPlain('the-only:home'))
    expect(await rig.store.workspaces.isPlain('the-only')).toBe(false)
  })
})
