import type { Probot } from 'probot'
import { describe, expect, it } from 'vitest'
import { createClient } from '../../../bot/github/client.ts'

/** GitHub where the App has this installation, and none that it had before. */
function installedAs(first: number) {
  const github = { installation: first, asked: 0, hasCommit: true }
  const request = (as: number | undefined) => async (route: string) => {
    if (route.endsWith('/installation')) {
      github.asked++
      return { data: { id: github.installation } }
    }
    if (as !== github.installation || !github.hasCommit)
      throw Object.assign(new Error('Not Found'), { status: 404 })
    return { data: { sha: 'c0ffee' } }
  }
  const probot = { auth: async (as?: number) => ({ request: request(as) }) } as unknown as Probot
  return { github, client: createClient(probot) }
}
const COMMIT = 'GET /repos/{owner}/{repo}/commits/{ref}'

describe('the installation of the App in a repository', () => {
  it('is asked for once', async () => {
    const { github, client } = installedAs(1)
    for (let time = 0; time < 2; time++) await (await client.in('acme/infra'))(COMMIT, { ref: 'main' })

    expect(github.asked).toBe(1)
  })

  it.each([
    ['that was found', undefined],
    ['that a webhook or a gate named', 1],
  ])('%s may be another one after the App was installed anew', async (_what, named) => {
    const { github, client } = installedAs(1)
    await (
      await client.in('acme/infra', named)
    )(COMMIT, { ref: 'main' })
    github.installation = 2

    expect(await (await client.in('acme/infra', named))(COMMIT, { ref: 'main' })).toEqual({ sha: 'c0ffee' })
  })

  it('that is the same has not what GitHub says it has not', async () => {
    const { github, client } = installedAs(1)
    const call = await client.in('acme/infra', 1)
    github.hasCommit = false

    await expect(call(COMMIT, { ref: 'main' })).rejects.toMatchObject({ kind: 'gone', status: 404 })
  })
})
