import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../../core/adapters/postgres/store.ts'
import type { Reply } from '../../../core/commands/reply.ts'
import type { Store } from '../../../core/ports/store.ts'
import type { TestBot } from '../../support/bot.ts'
import { startTestBot } from '../../support/bot.ts'
import type { Minted, OidcIssuer } from '../../support/oidc-issuer.ts'
import { jobIn } from '../../support/job-in-state.ts'
import { ruleFor, startOidcIssuer } from '../../support/oidc-issuer.ts'

const AUDIENCE = 'https://ferry.acme.example'

let issuer: OidcIssuer
let bot: TestBot
let store: Store
beforeAll(async () => {
  issuer = await startOidcIssuer()
  const rules = [
    ruleFor(issuer.url),
    ruleFor(issuer.url, { name: 'gated', repository_id: 1002, environment: 'production' }),
    ruleFor(`${issuer.url}/_services/token`, { name: 'ghes', repository_id: 1004 }),
    ruleFor(issuer.url, { name: 'wide', repository_id: 1003, jobs: ['*'] }),
  ]
  bot = await startTestBot({
    workflows: { audience: AUDIENCE, rules },
    policy: { github: { issuer: issuer.url } },
    people: { operator: { github_id: 5001 }, viewer: { github_id: 5002 } },
  })
  store = await openStore(bot.databaseUrl)
})
afterAll(async () => {
  await store.close()
  await bot.stop()
  await issuer.stop()
})

async function post(
  path: string,
  token: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Reply & Record<string, unknown> }> {
  const response = await fetch(`${bot.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Reply & Record<string, unknown> }
}
const signIn = async (options: Minted = {}) =>
  post('/api/workflow-sessions', await issuer.mint({ audience: AUDIENCE, ...options }))
const sessionOf = async (claims: Record<string, unknown> = {}): Promise<string> =>
  String((await signIn({ claims })).body['session'])
const ask = (token: string, text: string, headers?: Record<string, string>) =>
  post('/api/commands', token, { text, door: 'cli' }, headers)

describe('a token of GitHub', () => {
  it('opens a session as the person who has started the run, and the audit says of which run', async () => {
    const { status, body } = await signIn()

    expect(status).toBe(200)
    expect(body).toMatchObject({ person: 'operator', role: 'operator', rule: 'cutover' })
    const who = await ask(String(body['session']), 'whoami')
    expect(who.body.facts).toMatchObject({ Door: 'action' })
    const [entry] = await store.audit.list({ limit: 1 })
    expect(entry).toMatchObject({
      actor: { person: 'operator', door: 'action' },
      action: 'workflow.session',
      facts: { repository: 'acme/infra (1001)', run: '9000/1', account: 'olga-gh (5001)', rule: 'cutover' },
    })
  })

  it.each<[string, Minted, number, string]>([
    ['for another audience', { audience: 'https://github.com/acme' }, 401, 'wrong-audience'],
    ['that has expired', { issued: -400, expires: -31 }, 401, 'token-expired'],
    ['from the future', { issued: 120, expires: 400 }, 401, 'token-not-yet-valid'],
    ['that is not valid yet', { notBefore: 120 }, 401, 'token-not-yet-valid'],
    ['that was kept for long', { issued: -1200, expires: 3600 }, 401, 'token-expired'],
    ['without a number of its own', { claims: { jti: undefined } }, 401, 'claim-missing'],
    ['of something else than a run', { claims: { run_id: undefined } }, 401, 'claim-missing'],
    ['signed by somebody else', { signedBy: 'stranger' }, 401, 'bad-signature'],
    ['without a signature', { signedBy: 'nobody' }, 401, 'wrong-algorithm'],
    ['signed with the public key as a secret', { signedBy: 'public key as secret' }, 401, 'wrong-algorithm'],
    ['of another issuer', { claims: { iss: 'https://evil.example' } }, 401, 'unknown-issuer'],
    ['of another repository', { claims: { repository_id: '2' } }, 403, 'repository-not-allowed'],
    ['of a branch', { claims: { ref: 'refs/heads/mine' } }, 403, 'ref-not-allowed'],
    ['of a comment', { claims: { event_name: 'issue_comment' } }, 403, 'event-not-allowed'],
    ['outside its environment', { claims: { repository_id: '1002' } }, 403, 'environment-required'],
  ])('%s is refused by its own code', async (_what, options, status, code) => {
    const answer = await signIn(options)

    expect(answer).toMatchObject({ status, body: { outcome: 'refused', code } })
    expect(answer.body['session']).toBeUndefined()
  })

  it('is taken within 30 s of its end, for the clocks may differ', async () => {
    expect((await signIn({ issued: -310, expires: -20 })).status).toBe(200)
  })

  it('is matched by numbers, whatever its sub says', async () => {
    const claims = { sub: 'repo:evil/evil:ref:refs/heads/evil', repository: 'acme/renamed' }

    expect((await signIn({ claims })).status).toBe(200)
  })

  it('of a GitHub Enterprise Server is verified with the keys below its own issuer, and opens only its own rules', async () => {
    const iss = `${issuer.url}/_services/token`

    // Its account 5001 is another than the person's of that number.
    expect((await signIn({ claims: { iss, repository_id: '1004' } })).body).toMatchObject({
      ...{ rule: 'ghes', person: 'workflow:ghes' },
    })
    expect((await signIn({ claims: { iss } })).body).toMatchObject({ code: 'repository-not-allowed' })
    expect((await signIn({ claims: { repository_id: '1004' } })).body).toMatchObject({
      code: 'repository-not-allowed',
    })
  })

  it('is taken once, also when it is shown many times at the same moment', async () => {
    const token = await issuer.mint({ audience: AUDIENCE })

    const answers = await Promise.all(Array.from({ length: 5 }, () => post('/api/workflow-sessions', token)))

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ body }) => body.code === 'token-replayed')).toHaveLength(4)
  })

  it.each([
    ['a word', 'nonsense'],
    ['three words', 'a.b.c'],
    ['a long word', 'x'.repeat(7000)],
  ])('that is %s is refused', async (_what, token) => {
    expect(await post('/api/workflow-sessions', token)).toMatchObject({
      ...{ status: 401, body: { code: 'malformed-token' } },
    })
  })

  it('does not make the bot fetch keys for each that is forged', async () => {
    await signIn()
    const before = issuer.fetched()

    for (let time = 0; time < 5; time++) await signIn({ signedBy: 'stranger' })

    expect(issuer.fetched()).toBe(before)
  })

  it('is no password: commands do not take it', async () => {
    const token = await issuer.mint({ audience: AUDIENCE })

    expect(await ask(token, 'whoami')).toMatchObject({ status: 401, body: { code: 'not-known' } })
  })
})

describe('a session of a run', () => {
  it('does only what the rule and the person may do', async () => {
    const asViewer = await sessionOf({ actor_id: '5002' })

    expect((await ask(asViewer, 'enrol web-01')).body.code).toBe('not-allowed')
    expect((await ask(asViewer, 'approve 1')).body.code).toBe('not-allowed')
    expect((await ask(await sessionOf({ actor_id: '6' }), 'whoami')).body.data).toMatchObject({
      ...{ person: 'workflow:cutover', role: 'operator' },
    })
  })

  it('of a run that was started again asks nobody for approval, for who has done so is not known', async () => {
    const job = await jobIn(store, 'waiting')
    const again = await sessionOf({ run_attempt: '2' })

    const body = { text: `complete ${job.name}`, confirmed: true, door: 'cli' }
    expect((await post('/api/commands', again, body)).body).toMatchObject({
      ...{ outcome: 'refused', code: 'person-not-known' },
      title: expect.stringContaining('whoever started the run of olga-gh again') as string,
    })
    expect(await store.approvals.open(job.id)).toEqual([])
  })

  it.each([
    'list',
    'sources',
    'resources',
    'audit',
    'status',
    'status db-01',
    'enrol db-01',
    'freeze all reason=x',
  ])('for some jobs reaches no other: %s', async (text) => {
    expect(await ask(await sessionOf(), text)).toMatchObject({
      ...{ status: 403, body: { code: 'job-not-allowed' } },
    })
  })

  it('for all jobs reaches all', async () => {
    expect((await ask(await sessionOf({ repository_id: '1003' }), 'list')).status).toBe(200)
  })

  it('is not taken when it was altered, or made by somebody else', async () => {
    const session = await sessionOf()
    const [head = '', payload = '', signature = ''] = session.slice('ferry-run.'.length).split('.')
    const other = Buffer.from(JSON.stringify({ alg: 'none', typ: 'ferry-session' })).toString('base64url')

    for (const forged of [
      `${other}.${payload}.`,
      `${head}.${payload}x.${signature}`,
      await issuer.mint({ claims: { iss: 'ferry', run: {} } }),
    ])
      expect(await ask(`ferry-run.${forged}`, 'whoami')).toMatchObject({
        ...{ status: 401, body: { code: 'session-unknown' } },
      })
  })
})

describe('a request with a key', () => {
  const once = (token: string, text: string, key: string) => ask(token, text, { 'idempotency-key': key })

  it('is carried out once, and always answered the same', async () => {
    const session = await sessionOf()

    const [first, ...more] = await Promise.all(
      Array.from({ length: 4 }, () => once(session, 'audit verify', 'job/read')),
    )

    expect(first?.body).toMatchObject({ outcome: 'done', code: 'audit-intact' })
    for (const answer of more) expect(answer).toEqual(first)
  })

  it('hands a one-time code out once, and keeps it nowhere', async () => {
    const session = await sessionOf()

    const answers = await Promise.all(
      Array.from({ length: 4 }, () => once(session, 'enrol web-11', 'job/step')),
    )

    const codes = answers.map(({ body }) => String(body.data?.['code'])).sort()
    expect(codes.slice(0, 3)).toEqual(['***', '***', '***'])
    expect(codes[3]).toHaveLength(26)
    const entries = await store.audit.list({ limit: 50 })
    expect(entries.filter(({ facts }) => String(facts?.['key']).endsWith(' job/step'))).toHaveLength(1)
  })

  it('is another one in another run, in another call of one reusable workflow, and for somebody else', async () => {
    const callers = [
      await sessionOf({ run_attempt: '2' }),
      await sessionOf({ check_run_id: '501' }),
      await sessionOf({ check_run_id: '502' }),
      'operator',
    ]
    const codes = []
    for (const caller of callers)
      codes.push((await once(caller, 'enrol web-11', 'job/step')).body.data?.['code'])

    expect(new Set(codes).size).toBe(4)
  })

  it('is refused when it asks something else than before', async () => {
    const session = await sessionOf()
    await once(session, 'whoami', 'one')

    expect((await once(session, 'enrol web-12', 'one')).body.code).toBe('key-reused')
  })

  it('is not carried out again when whoever did it died before they could say so', async () => {
    const session = await sessionOf({ run_id: '9100' })
    const key = `run ${issuer.url} 9100/1 died`
    const asked = JSON.stringify(['operator', { command: 'enrol', raw: { source: 'web-13' } }, false])
    const digest = createHash('sha256').update(asked).digest('hex')
    await store.answers.take(key, digest, { leaseMs: 0, keepMs: 60_000 })
    const actor = { person: 'operator', door: 'action', facts: { key } } as const
    await store.audit.add({ actor, action: 'enrol', outcome: 'done' })

    const answer = await once(session, 'enrol web-13', 'died')

    expect(answer.body).toMatchObject({ outcome: 'accepted', code: 'asked-already' })
    expect(await store.sources.named('web-13')).toBeUndefined()
    expect(await once(session, 'enrol web-13', 'died')).toEqual(answer)
  })

  it('is carried out when whoever began died before it happened', async () => {
    const session = await sessionOf({ run_id: '9200' })
    const asked = JSON.stringify(['operator', { command: 'enrol', raw: { source: 'web-14' } }, false])
    const digest = createHash('sha256').update(asked).digest('hex')
    await store.answers.take(`run ${issuer.url} 9200/1 died`, digest, { leaseMs: 0, keepMs: 60_000 })

    expect((await once(session, 'enrol web-14', 'died')).body.code).toBe('enrolled')
  })

  it('is refused with a key that is none', async () => {
    expect((await once(await sessionOf(), 'whoami', 'a b')).status).toBe(400)
  })
})

describe('a dry run', () => {
  const dry = (text: string) => post('/api/commands', 'operator', { text, dryRun: true, confirmed: true })

  it('says what is possible and changes nothing', async () => {
    const before = await store.audit.list({ limit: 1 })

    expect((await dry('enrol web-21')).body).toMatchObject({
      ...{ outcome: 'done', code: 'would-be-done' },
      title: 'enrol source=web-21 is possible now; nothing was done.',
    })
    expect((await dry('enrol Web')).body.code).toBe('bad-argument')
    expect((await dry('sync web-99')).body.code).toBe('no-such-job')
    expect((await dry('whoami')).body.code).toBe('whoami')
    expect(await store.sources.named('web-21')).toBeUndefined()
    expect(await store.audit.list({ limit: 1 })).toEqual(before)
  })
})
