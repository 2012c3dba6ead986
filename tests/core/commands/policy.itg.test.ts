import { describe, expect, it } from 'vitest'
import { aSource } from '../../support/a-job.ts'
import { openCommands } from '../../support/commands.ts'
import { jobIn } from '../../support/job-in-state.ts'

const { store, ask } = await openCommands(
  {},
  {
    overrides: [{ jobs: '*', approvals: { cancel: { needed: 1, by: 'admin' } } }],
    windows: [{ name: 'night', when: 'Sat 22:00-02:00', zone: 'Asia/Shanghai' }],
    defaults: {
      ...{ every: '2h', keep: 7, auto: 'off', limit: '200mbit', hold: 'off' },
      ...{ image_name: 'prod-{job}-{number}', windows: ['night'] },
    },
  },
)

describe('the defaults of the policy file', () => {
  it('are what create takes where it is not told otherwise', async () => {
    const { source } = await aSource(store)

    await ask('operator', `create ${source.name}`)

    expect(await store.jobs.named(source.name)).toMatchObject({
      ...{ intervalMs: 2 * 3_600_000, keep: 7, auto: false, bytesPerSecond: 25_000_000, holdMs: null },
      ...{ imageName: 'prod-{job}-{number}', windows: ['Sat 22:00-02:00 Asia/Shanghai'] },
    })
  })

  it('give way to what create is told', async () => {
    const { source } = await aSource(store)

    const told = 'every=6h keep=1 auto=on limit=off image-name={job}-{number}-{id}'
    await ask('operator', `create ${source.name} ${told}`)

    expect(await store.jobs.named(source.name)).toMatchObject({
      ...{ intervalMs: 6 * 3_600_000, keep: 1, auto: true, bytesPerSecond: null },
      imageName: '{job}-{number}-{id}',
    })
  })
})

describe('a named window', () => {
  it('is set by its name, alone or beside others', async () => {
    const job = await jobIn(store, 'waiting')

    const reply = await ask('operator', `window ${job.name} "night, Sun 01:00-02:00 UTC"`)

    expect(reply.outcome).toBe('done')
    const after = await store.jobs.byId(job.id)
    expect(after?.windows).toEqual(['Sat 22:00-02:00 Asia/Shanghai', 'Sun 01:00-02:00 UTC'])
  })

  it('C7: that the policy file does not have is refused with those it has', async () => {
    const job = await jobIn(store, 'waiting')

    const reply = await ask('operator', `window ${job.name} noon`)

    expect(reply).toMatchObject({ outcome: 'refused', code: 'bad-argument' })
    expect(reply.title).toContain('"noon" is not a window')
    expect(reply.title).toContain('no window of the policy file (night)')
  })
})

describe('a rule that asks for an admin', () => {
  it('C3: lets no approver decide, and says who may', async () => {
    const job = await jobIn(store, 'waiting')

    const asked = await ask('operator', `cancel ${job.name}`)
    const number = String(asked.data?.['approval'])
    const byApprover = await ask('approver', `approve ${number}`)
    const denied = await ask('approver', `deny ${number} reason=no`)
    const byAdmin = await ask('admin', `approve ${number}`)

    expect(asked.facts['Needed from others']).toBe('1 other person of the role admin')
    expect(byApprover).toMatchObject({ outcome: 'refused', code: 'may-not-decide' })
    expect(byApprover.title).toContain('only an admin may decide')
    expect(denied.code).toBe('may-not-decide')
    expect(byAdmin.outcome).not.toBe('refused')
    expect((await store.jobs.byId(job.id))?.state).toBe('cancelling')
  })
})
