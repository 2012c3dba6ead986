import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decisionButtons } from '../../../bot/slack/approval.ts'
import { openWorkspaces } from '../../../bot/slack/workspaces.ts'
import { accepted } from '../../../core/commands/reply.ts'

describe('workspaces that may use Ferry', () => {
  const installed = new Map<string, string>()
  const app = {
    now: () => new Date(),
    workspaces: {
      first: () => Promise.resolve('T0OTHER'),
      installation: (id: string) => Promise.resolve(installed.get(id)),
      install: (id: string, sealed: string) => Promise.resolve(installed.set(id, sealed)),
    },
  }
  const access = { kind: 'oauth', sealKey: randomBytes(32), only: ['T0ACME'] } as const
  const workspaces = openWorkspaces(app as never, { access, apiUrl: 'http://127.0.0.1:9/' } as never)
  const installation = (id: string) => ({ team: { id }, bot: { token: 'xoxb-1' } }) as never

  it('are those that are named: no other is installed or spoken in', async () => {
    await workspaces.store?.storeInstallation(installation('T0ACME'))
    await expect(workspaces.store?.storeInstallation(installation('T0OTHER'))).rejects.toThrow(
      'may not use Ferry',
    )

    expect([...installed.keys()]).toEqual(['T0ACME'])
    await expect(workspaces.named('T0OTHER')).rejects.toThrow('SLACK_WORKSPACES')
    expect((await workspaces.named(undefined)).id).toBe('T0ACME')
  })
})

describe('a request that is approved and was not carried out', () => {
  it('has a button to carry it out, unless a workflow run does that', async () => {
    const app = { now: () => new Date(), references: { make: () => Promise.resolve(['r1']) } }
    const labels = async (carriedOutBy: string) => {
      const data = { approval: 17, status: 'approved', carriedOutBy, expiresAt: new Date().toISOString() }
      const buttons = await decisionButtons({ app } as never, accepted('approval-approved', 'x', { data }))
      return buttons.map(({ text }) => text.text)
    }

    expect(await labels('approval')).toEqual(['Carry out'])
    expect(await labels('run')).toEqual([])
  })
})
