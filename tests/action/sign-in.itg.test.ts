import { describe, expect, it } from 'vitest'
import { startActionRig } from '../support/action-rig.ts'
import { jobIn } from '../support/job-in-state.ts'
import type { Minted } from '../support/oidc-issuer.ts'
import { ruleFor } from '../support/oidc-issuer.ts'

const rig = await startActionRig((issuer) => [
  ruleFor(issuer),
  ruleFor(issuer, { name: 'gated', repository_id: 1002, environment: 'production' }),
])
const { act, issuer, net, store } = rig
const SIGN_IN = '/api/workflow-sessions'

describe('the Action without a stored secret', () => {
  it('asks GitHub who it is and acts as the person who has started the run', async () => {
    const { code, outputs, summary, out } = await act({ command: 'whoami' })

    expect(code).toBe(0)
    expect(outputs).toMatchObject({ decision: 'done', 'reason-code': 'whoami', state: '' })
    expect(JSON.parse(outputs['result'] ?? '')).toMatchObject({
      reply: { facts: { Door: 'action' }, data: { person: 'operator' } },
    })
    expect(summary).toContain('### ✅ You are operator, operator.')
    expect(out).toContain('Ferry: done, whoami')
  })

  it('has its tokens masked before anything else is printed', async () => {
    const { out } = await act({ command: 'whoami' })

    const masked = out.split('\n').filter((line) => line.startsWith('::add-mask::'))
    expect(masked).toHaveLength(2)
    expect(masked[1]).toMatch(/^::add-mask::ferry-run\.eyJ/)
    expect(out.replaceAll(/^::add-mask::.*$/gm, '')).not.toMatch(/eyJ/)
  })

  it('says what is missing when the job may not ask for a token', async () => {
    const env = { ACTIONS_ID_TOKEN_REQUEST_URL: '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' }

    const { code, outputs, annotations } = await act({ command: 'whoami' }, { env })

    expect(code).toBe(1)
    expect(outputs).toMatchObject({ decision: 'failed', 'reason-code': 'no-id-token-permission' })
    expect(annotations.join()).toContain('permissions: id-token: write')
  })

  it.each<[string, Minted, string]>([
    ['made for another audience', { audience: 'https://other.example' }, 'wrong-audience'],
    ['that has expired', { issued: -400, expires: -60 }, 'token-expired'],
    ['signed by somebody else', { signedBy: 'stranger' }, 'bad-signature'],
    ['without a signature', { signedBy: 'nobody' }, 'wrong-algorithm'],
    ['signed with HS256', { signedBy: 'public key as secret' }, 'wrong-algorithm'],
    ['of an unknown issuer', { claims: { iss: 'https://evil.example' } }, 'unknown-issuer'],
    ['of another repository', { claims: { repository_id: '7' } }, 'repository-not-allowed'],
    ['of a repository with a new owner', { claims: { repository_owner_id: '7' } }, 'repository-not-allowed'],
    ['of another branch', { claims: { ref: 'refs/heads/x' } }, 'ref-not-allowed'],
    ['of a pull request', { claims: { event_name: 'pull_request_target' } }, 'event-not-allowed'],
    ['of a job without its environment', { claims: { repository_id: '1002' } }, 'environment-required'],
  ])('fails by its own code with a token %s', async (_what, token, reason) => {
    issuer.next(token)

    const { code, outputs, summary } = await act({ command: 'enrol', source: 'web-01' })

    expect({ code, ...outputs }).toMatchObject({ code: 1, decision: 'failed', 'reason-code': reason })
    expect(summary).toContain(reason)
    expect(await store.sources.named('web-01')).toBeUndefined()
  })

  it('tells which audience to ask for when it asked for another', async () => {
    const { annotations } = await act({ command: 'whoami', audience: '' })

    expect(annotations.join()).toContain(
      'this bot takes those for https://ferry.acme.example. Set the input `audience` to that.',
    )
  })

  it('is not let in twice with one token', async () => {
    const claims = { jti: 'overheard' }
    issuer.next({ claims }, { claims })

    expect((await act({ command: 'whoami' })).code).toBe(0)
    expect((await act({ command: 'whoami' })).outputs['reason-code']).toBe('token-replayed')
  })

  it('asks for another token when the answer to the first was lost', async () => {
    const before = issuer.asked()
    net.next(SIGN_IN, 'reply lost', 502)

    expect((await act({ command: 'whoami' })).code).toBe(0)
    expect(issuer.asked() - before).toBe(3)
  })

  it('asks GitHub again when it stumbles, and says so when it gives none', async () => {
    issuer.next(503)
    expect((await act({ command: 'whoami' })).code).toBe(0)

    issuer.next(400, 400, 400, 400)
    expect((await act({ command: 'whoami' })).outputs['reason-code']).toBe('id-token-unavailable')
  })

  it('opens another session when its own has ended', async () => {
    const body = { outcome: 'refused', code: 'session-expired', title: 'This session has ended.' }
    net.next('/api/commands', { status: 401, body })

    expect((await act({ command: 'whoami' })).outputs['decision']).toBe('done')
  })

  it('does only what the person may do', async () => {
    issuer.next({ claims: { actor_id: '5002' } })

    expect((await act({ command: 'enrol', source: 'web-02' })).outputs).toMatchObject({
      ...{ decision: 'refused', 'reason-code': 'not-allowed' },
    })
  })

  it('reaches only the jobs of its rule', async () => {
    expect((await act({ command: 'status', job: 'db-01' })).outputs).toMatchObject({
      ...{ decision: 'refused', 'reason-code': 'job-not-allowed' },
    })
  })

  it('asks nobody for approval when nobody knows who has started it', async () => {
    const job = await jobIn(store, 'waiting')
    issuer.next({ claims: { actor: 'mallory', actor_id: '666' } })

    const { outputs, annotations } = await act({ command: 'complete', job: job.name, confirm: 'true' })

    expect(outputs['reason-code']).toBe('person-not-known')
    expect(annotations.join()).toContain('the GitHub account mallory (666)')
    expect(await store.approvals.open(job.id)).toEqual([])
  })
})

describe('the Action with a token', () => {
  it('shows it and asks GitHub for nothing', async () => {
    const before = issuer.asked()

    const { outputs, out } = await act({ command: 'whoami', token: 'viewer' })

    expect(JSON.parse(outputs['result'] ?? '')).toMatchObject({ reply: { data: { person: 'viewer' } } })
    expect(issuer.asked()).toBe(before)
    expect(out).toContain('::add-mask::viewer')
  })

  it('is refused when nobody has it', async () => {
    expect((await act({ command: 'whoami', token: 'mallory' })).outputs).toMatchObject({
      ...{ decision: 'refused', 'reason-code': 'not-known' },
    })
  })
})
