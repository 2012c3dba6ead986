import { describe, expect, it } from 'vitest'
import { catalogue } from '../../../core/commands/catalogue.ts'
import { mayAct, ROLES } from '../../../core/domain/policy.ts'
import { openCommands } from '../../support/commands.ts'
import { jobIn } from '../../support/job-in-state.ts'

const { store, ask } = await openCommands()

describe('rights', () => {
  it.each(
    ROLES.flatMap((role) => catalogue.map((command) => ({ role, name: command.name, least: command.role }))),
  )('let a $role use $name, or say that it is for ${least}s', async ({ role, name, least }) => {
    const reply = await ask(role, name)

    if (mayAct(role, least)) expect(reply.code).not.toBe('not-allowed')
    else expect(reply).toMatchObject({ outcome: 'refused', code: 'not-allowed' })
  })

  it('let a viewer change nothing', () => {
    const open = catalogue.filter(({ role, effect }) => role === 'viewer' && effect !== 'read')

    expect(open.map(({ name }) => name)).toEqual([])
  })
})

describe('the audit', () => {
  it('C9: holds every change and every refusal, with who, from where, what and why not', async () => {
    const job = await jobIn(store, 'waiting')

    await ask('viewer', `sync ${job.name}`)
    await ask('operator', `interval ${job.name} 59m`)
    await ask('operator', `interval ${job.name} 2h`)
    await ask('operator', `status ${job.name}`)
    await ask('approver', `resume ${job.name}`)

    const rows = await store.audit.list({ jobId: job.id, limit: 4 })
    expect(rows.map(({ actor, action, outcome }) => [actor.person, actor.door, action, outcome])).toEqual([
      ['approver', 'cli', 'resume', 'refused: not-legal-now'],
      ['operator', 'cli', 'interval', 'done'],
      ['operator', 'cli', 'interval', 'refused: bad-argument'],
      ['viewer', 'cli', 'sync', 'refused: not-allowed'],
    ])
    expect(rows[2]?.facts).toEqual({ arguments: `${job.name} 59m` })
    expect(await store.audit.verify()).toMatchObject({ brokenAt: null })
  })
})
