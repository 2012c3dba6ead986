import { afterAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import { startGitHub } from '../support/github.ts'
import { seen } from '../support/looks.ts'
import { MIB } from '../support/source-disks.ts'

const github = await startGitHub()
afterAll(() => github.stop())
const ferry = await startFerry({
  env: github.env,
  people: { olga: { github_id: github.idOf('olga') }, paula: { github_id: github.idOf('paula') } },
  policy: {
    github: {
      reports: [{ repository: github.repository, ref: 'main', environment_url: 'https://shop.test' }],
    },
    notices: [{ severity: 'info', issue: `${github.repository}#1`, live: 'on' }],
  },
})
github.sendTo(ferry.url)
const issue = await github.openIssue('Move reported')

type Check = Readonly<Record<string, unknown>> & { readonly output: { readonly summary: string } }
const checkOf = async (sync: number): Promise<Check | undefined> =>
  (await github.checks()).find(({ name }) => name === `Ferry: reported sync #${sync}`) as Check | undefined

describe('a migration at GitHub', () => {
  it('C8: has a check per sync, a comment that is kept true, and the reply to who has asked', async () => {
    const [disk] = await ferry.migrate('reported', [MIB])
    disk?.write(4096, 9000, 'changed')
    const asked = await github.comment(issue, 'olga', '/ferry sync reported')
    await ferry.waitFor('reported', 'waiting', 2)
    const check = await eventually('the check', async () => {
      const found = await checkOf(2)
      return found?.['status'] === 'completed' ? found : undefined
    })
    const reply = await eventually('the reply to be true', async () =>
      (await github.comments(issue)).find(
        ({ id, body }) => id > asked && body.includes('ferry:delivery') && body.includes('has ended'),
      ),
    )

    expect(check).toMatchObject({
      conclusion: 'success',
      external_id: expect.stringMatching(/^reported\//) as string,
    })
    expect(check.output.summary).toContain('What changed')
    expect(reply.body).toContain('Sync #\u200b2 of reported has ended')
    expect((await github.comments(issue)).filter(({ body }) => body.includes('ferry:post:'))).toHaveLength(2)
  })

  it('S20: is taken up again by the button of its check, pressed by somebody who may', async () => {
    ferry.sandbox.addFault({ action: 'CreateImage', kind: 'error', status: 403, code: 'QuotaExceed.Image' })
    await ferry.tell('sync reported')
    await ferry.waitFor('reported', 'error')
    const failed = await eventually('the failed check', async () => {
      const found = await checkOf(3)
      return found?.['conclusion'] === 'failure' ? found : undefined
    })
    await github.press(failed, 'vera', 'retry')
    const asked = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission'
    await eventually('the look at what vera may do', async () =>
      github.calls.some(({ route, path }) => route === asked && path.includes('/vera/')),
    )
    const refused = await checkOf(3)
    await github.press(failed, 'olga', 'retry')
    await seen(ferry, 'reported', ({ data }) => data?.['state'] !== 'error')
    await ferry.waitFor('reported', 'waiting', 3)
    const ended = await eventually('the check to be true again', async () => {
      const found = await checkOf(3)
      return found?.['conclusion'] === 'success' ? found : undefined
    })

    const sent = github.calls.findLast(({ body }) => body['conclusion'] === 'failure')
    expect(sent?.body['actions']).toMatchObject([{ label: 'Retry', identifier: 'retry' }])
    expect(failed.output.summary).toContain('What to do')
    // A refusal leaves the check as true as it was.
    expect(refused?.output).toEqual(failed.output)
    expect(refused?.['conclusion']).toBe('failure')
    expect(ended.output.summary).toContain('has ended')
  })

  it('C8: ends as a deployment with the address that it led to, told in the issue too', async () => {
    const asked = await ferry.tell('complete reported --last-sync --services-stopped')
    await eventually('the request in the issue', async () =>
      (await github.comments(issue)).find(({ body }) =>
        body.includes(`/ferry approve ${String(asked.data?.['approval'])}`),
      ),
    )
    await github.comment(issue, 'paula', `/ferry approve ${String(asked.data?.['approval'])}`)
    await ferry.waitFor('reported', 'completed')
    await eventually('the end of the check', async () => (await checkOf(4))?.['conclusion'] === 'success')
    await eventually('the last status', async () => github.statuses('ferry/reported').includes('success'))

    expect(github.deployments).toHaveLength(1)
    expect(github.deployments[0]).toMatchObject({
      environment: 'ferry/reported',
      ref: 'main',
      auto_merge: false,
    })
    // One that was over before anybody could look has never been under way at GitHub.
    expect(github.statuses('ferry/reported').join(' ')).toMatch(/^(in_progress )?success$/)
    expect(github.calls.filter(({ status }) => status === 422)).toEqual([])
  })
})
