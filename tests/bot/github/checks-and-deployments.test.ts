import { describe, expect, it } from 'vitest'
import { showCheck } from '../../../bot/github/check-post.ts'
import type { Call } from '../../../bot/github/client.ts'
import { showDeployment } from '../../../bot/github/deployment-post.ts'
import type { Post, View } from '../../../core/app/doors.ts'
import type { Reply } from '../../../core/commands/reply.ts'
import { openApi } from '../../support/openapi.ts'

const PAGE = 'https://github.com/acme/infra/actions/runs/9000'
const REPLY: Reply = {
  outcome: 'accepted',
  code: 'sync-running',
  title: 'Sync #4 of web-01 is transferring.',
  facts: { Sync: 'incremental, asked by olga' },
  actions: [
    { label: 'pause', command: 'pause web-01', effect: 'change' },
    { label: 'cancel', command: 'cancel web-01', effect: 'final' },
  ],
  data: { job: 'web-01', sync: 4, page: null },
}
const viewOf = (tone: View['tone'], more: Partial<Reply> = {}): View => ({
  reply: { ...REPLY, ...more },
  tone,
  closed: tone === 'good',
})
const postOf = (more: Partial<Post> = {}): Post => ({
  ...({ id: 'p-1', remoteId: null, tries: 1, openedAt: new Date(0) } as Post),
  place: { repository: 'acme/web', ref: 'main', environment: 'ferry/web-01', url: 'https://shop.test' },
  ...more,
})

/** GitHub, which answers so, and what it was sent; a body that GitHub would refuse is thrown back. */
function github(answers: Readonly<Record<string, unknown>>) {
  const sent: (readonly [string, Readonly<Record<string, unknown>>])[] = []
  const inPath = ['owner', 'repo', 'check_run_id', 'deployment_id']
  const call: Call = async <T>(route: string, parameters: Readonly<Record<string, unknown>>) => {
    const body = Object.fromEntries(Object.entries(parameters).filter(([name]) => !inPath.includes(name)))
    const problem = route.startsWith('GET') ? undefined : openApi().problem(route, body)
    if (problem !== undefined) throw new Error(`${route}: ${problem}`)
    if (!route.startsWith('GET')) sent.push([route.split(' ')[0] ?? '', body])
    return answers[route] as T
  }
  return { call, sent }
}

const COMMIT = { 'GET /repos/{owner}/{repo}/commits/{ref}': { sha: 'c0ffee' } }
const OF_COMMIT = 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs'
const MADE = { 'POST /repos/{owner}/{repo}/check-runs': { id: 7 } }

describe('a sync as a check', () => {
  it('is put up at the commit of its ref, with the buttons that are legal and no others', async () => {
    const { call, sent } = github({ ...COMMIT, ...MADE })

    expect(await showCheck(call, postOf(), viewOf('moving'))).toBe('7')
    expect(sent).toMatchObject([
      [
        'POST',
        {
          ...{ name: 'Ferry: web-01 sync #4', head_sha: 'c0ffee', external_id: 'web-01/p-1' },
          ...{ status: 'in_progress', actions: [{ label: 'Pause', identifier: 'pause' }] },
        },
      ],
    ])
    expect(sent[0]?.[1]).not.toHaveProperty('details_url')
  })

  it('is found again, and not put up twice, when the answer was lost', async () => {
    const others = [{ id: 5, external_id: 'web-01/p-0' }]
    const standing = { check_runs: [...others, { id: 6, external_id: 'web-01/p-1' }] }
    const { call, sent } = github({ ...COMMIT, ...MADE, [OF_COMMIT]: standing })

    expect(await showCheck(call, postOf({ tries: 2 }), viewOf('moving'))).toBe('6')
    expect(sent.map(([method]) => method)).toEqual(['PATCH'])
  })

  it('names the workflow run that has asked for it, and leads there', async () => {
    const { call, sent } = github({ ...COMMIT, ...MADE })
    await showCheck(call, postOf(), viewOf('moving', { data: { ...REPLY.data, page: PAGE } }))

    expect(sent[0]?.[1]).toMatchObject({ name: 'Ferry: web-01 sync #4 (run 9000)', details_url: PAGE })
  })

  it.each([
    ['good', 'success'],
    ['bad', 'failure'],
    ['neutral', 'cancelled'],
  ] as const)('ends as what it came to: %s is %s', async (tone, conclusion) => {
    const { call, sent } = github({})
    await showCheck(call, postOf({ remoteId: '7' }), viewOf(tone))

    expect(sent).toMatchObject([['PATCH', { status: 'completed', conclusion }]])
  })

  it('says no more than GitHub takes', async () => {
    const { call, sent } = github({})
    const facts = Object.fromEntries(Array.from({ length: 90 }, (_, at) => [`Fact ${at}`, 'x'.repeat(2000)]))
    await showCheck(call, postOf({ remoteId: '7' }), viewOf('bad', { title: 'y'.repeat(5000), facts }))

    const { title, summary } = sent[0]?.[1]['output'] as { title: string; summary: string }
    expect(title.length).toBeLessThanOrEqual(255)
    expect(summary.length).toBeLessThanOrEqual(65_535)
  })
})

const STATUSES = 'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses'
const DEPLOYMENTS = 'GET /repos/{owner}/{repo}/deployments'

describe('a cutover as a deployment', () => {
  it('is of the commit that HEAD is at, where no branch is named', async () => {
    const made = { 'POST /repos/{owner}/{repo}/deployments': { id: 8 }, [STATUSES]: [] }
    const { call, sent } = github({ ...COMMIT, ...made })
    await showDeployment(
      call,
      postOf({ place: { repository: 'acme/web', ref: 'HEAD', environment: 'x' } }),
      viewOf('moving'),
    )

    expect(sent[0]).toMatchObject(['POST', { ref: 'c0ffee' }])
  })

  it('is made once, with the address that it leads to and the run that has asked for it', async () => {
    const made = { 'POST /repos/{owner}/{repo}/deployments': { id: 8 }, [STATUSES]: [] }
    const { call, sent } = github(made)

    const view = viewOf('moving', { data: { ...REPLY.data, page: PAGE } })
    expect(await showDeployment(call, postOf(), view)).toBe('8')
    expect(sent).toMatchObject([
      ['POST', { ref: 'main', environment: 'ferry/web-01', auto_merge: false, payload: { post: 'p-1' } }],
      ['POST', { state: 'in_progress', environment_url: 'https://shop.test', log_url: PAGE }],
    ])
  })

  it.each([
    ['as it was sent', { post: 'p-1' }],
    ['as text', '{"post":"p-1"}'],
    ['as text of text', '"{\\"post\\":\\"p-1\\"}"'],
  ])('is found again by its payload, given back %s', async (_how, payload) => {
    const all = [
      { id: 1, payload: null },
      { id: 2, payload: 'no JSON' },
      { id: 9, payload },
    ]
    const { call, sent } = github({ [DEPLOYMENTS]: all, [STATUSES]: [{ state: 'in_progress' }] })

    expect(await showDeployment(call, postOf({ tries: 2 }), viewOf('moving'))).toBe('9')
    // While it moves its sentence changes; only another state is worth a status.
    expect(sent).toEqual([])
  })

  it.each([
    ['waits', 'queued'],
    ['good', 'success'],
    ['bad', 'failure'],
    ['neutral', 'inactive'],
  ] as const)('gets a status when it stands otherwise: %s is %s', async (tone, state) => {
    const { call, sent } = github({ [STATUSES]: [{ state: 'in_progress', description: 'x' }] })
    await showDeployment(call, postOf({ remoteId: '8' }), viewOf(tone))

    expect(sent).toMatchObject([['POST', { state, description: REPLY.title }]])
  })
})
