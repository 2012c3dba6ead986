import type { Probot } from 'probot'
import { describe, expect, it } from 'vitest'
import { onEvents } from '../../../bot/github/events.ts'
import type { Delivery } from '../../../core/app/github.ts'

/** What is taken in of a webhook with this payload. */
async function takenOf(event: string, payload: object): Promise<readonly Delivery[]> {
  const handlers = new Map<string, (context: object) => Promise<void>>()
  const taken: Delivery[] = []
  const on = (name: string, handler: (context: object) => Promise<void>) => void handlers.set(name, handler)
  onEvents({ on } as unknown as Probot, async (delivery) => taken.push(delivery))
  await handlers.get(event)?.({ id: 'guid-1', payload })
  return taken
}

const olga = { id: 7, login: 'olga', type: 'User' }
const app = { id: 8, login: 'other[bot]', type: 'Bot' }
const at = { repository: { id: 1, full_name: 'acme/infra', private: true }, installation: { id: 100 } }

describe('a comment', () => {
  const said = (comment: object, sender = olga) =>
    takenOf('issue_comment.created', {
      ...{ ...at, sender, issue: { number: 3 } },
      comment: { id: 5, body: '/ferry pause web-01', user: olga, performed_via_github_app: null, ...comment },
    })

  it('of a person is taken in, with who has written it and what it asks', async () => {
    expect(await said({})).toMatchObject([
      { id: 'guid-1', what: { asked: { line: 'pause web-01' }, from: { id: 7 }, isPublic: false } },
    ])
  })

  it.each([
    ['that an app has written in the name of a person', { performed_via_github_app: { id: 9 } }, olga],
    ['of an app', { user: app }, app],
    ['that an app has sent', {}, app],
    ['of nobody', { user: null }, olga],
    ['that asks nothing', { body: 'pause web-01' }, olga],
  ])('%s is no order', async (_what, comment, sender) => {
    expect(await said(comment, sender)).toEqual([])
  })
})

describe('a review of a deployment', () => {
  const reviewed = (more: object) =>
    takenOf('deployment_review.approved', {
      ...{ ...at, sender: olga, approver: olga, comment: 'go', workflow_run: { id: 11, run_attempt: 1 } },
      workflow_job_runs: [{ environment: 'production' }, { environment: 'production' }],
      ...more,
    })

  it('of a person is taken in, with the environments that it is about', async () => {
    expect(await reviewed({})).toMatchObject([
      { what: { run: 11, attempt: 1, environments: ['production'], isApproved: true, from: { id: 7 } } },
    ])
  })

  it.each([
    ['by a rule, Ferry’s own among them,', { sender: app }],
    ['of no run', { workflow_run: null }],
  ])('%s is nobody’s decision', async (_what, more) => {
    expect(await reviewed(more)).toEqual([])
  })
})

describe('a job that waits at an environment', () => {
  const CALLBACK = 'https://api.github.com/repos/acme/infra/actions/runs/11/deployment_protection_rule'
  const waits = (callback: string) =>
    takenOf('deployment_protection_rule.requested', {
      ...{ ...at, environment: 'production', deployment_callback_url: callback },
    })

  it('is known by the run that takes the answer', async () => {
    expect(await waits(CALLBACK)).toMatchObject([{ what: { run: 11, environment: 'production' } }])
    expect(await waits('https://api.github.com/somewhere/else')).toEqual([])
  })
})
