import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { startGitHubBot } from '../../support/github-bot.ts'
import { jobIn } from '../../support/job-in-state.ts'

const ferry = await startGitHubBot()
const { github } = ferry
const issue = await github.openIssue('Move web-01')
await jobIn(ferry.store, 'waiting', { name: 'web-01' })

/** Comments and waits for the answer and the last reaction. */
async function said(
  as: string,
  body: string,
): Promise<{ readonly answer: string; readonly reactions: string }> {
  const id = await github.comment(issue, as, body)
  const { body: answer } = await github.answer(issue, id)
  const reactions = await eventually(`the last reaction to "${body}"`, async () => {
    const list = github.reactions.get(id) ?? []
    return list.length > 1 || answer.includes('/ferry confirm') ? list.join(' ') : undefined
  })
  return { answer, reactions }
}

const problems = () => github.calls.filter(({ status }) => status === 422)

describe('a comment', () => {
  it('C4: is answered once, with a reaction before and one after', async () => {
    const { answer, reactions } = await said('olga', 'How is it?\n\n/ferry status web-01\n\nThanks.')

    expect(answer).toContain('**web-01')
    expect(answer).toContain('| State | Waiting |')
    expect(reactions).toBe('eyes +1')
    expect((await github.comments(issue)).filter(({ user }) => user.type === 'Bot')).toHaveLength(1)
  })

  it('C4: changes a job as from any other door, and the audit says who', async () => {
    const { answer, reactions } = await said('olga', '.ferry interval web-01 3h')

    expect(answer).toContain('every 3h')
    expect(reactions).toBe('eyes +1')
    const job = await ferry.store.jobs.named('web-01')
    const [row] = await ferry.store.audit.list({ jobId: job?.id ?? '', limit: 1 })
    expect(row).toMatchObject({ action: 'interval', actor: { person: 'olga', door: 'github' } })
  })

  it('C7: that cannot be understood is told what to type instead', async () => {
    const { answer, reactions } = await said('olga', '/ferry snyc web-01')

    expect(answer).toContain('Did you mean sync?')
    expect(reactions).toBe('eyes -1')
  })

  it('changes nothing for who may not write in the repository, whatever their role', async () => {
    const { answer, reactions } = await said('vera', '/ferry pause web-01')

    expect(answer).toContain('needs write permission in ada/operations too, and you have read')
    expect(reactions).toBe('eyes -1')
    expect((await ferry.store.jobs.named('web-01'))?.state).toBe('waiting')
  })

  it('of somebody whom the policy does not know says what an admin writes there', async () => {
    const { answer } = await said('oscar', '/ferry status web-01')

    expect(answer).toContain(`github_id: ${github.idOf('oscar')}`)
  })

  it('of a stranger is not answered at all', async () => {
    await github.send('issue_comment', {
      action: 'created',
      comment: {
        id: 77,
        body: '/ferry list',
        user: { id: github.idOf('mallory'), login: 'mallory', type: 'User' },
      },
      issue: { number: issue },
      repository: { id: github.repositoryId, full_name: github.repository, private: true },
      installation: { id: 100 },
      sender: { id: github.idOf('mallory'), login: 'mallory', type: 'User' },
    })

    await eventually('a reaction', async () => github.reactions.get(77)?.includes('confused'))
    expect((await github.comments(issue)).filter(({ body }) => body.includes('mallory'))).toEqual([])
  })

  it('of a bot, and an edited one, is no order', async () => {
    const before = github.calls.length
    const bot = { id: 5, login: 'ferry[bot]', type: 'Bot' }
    const payload = {
      comment: { id: 78, body: '/ferry pause web-01', user: bot },
      issue: { number: issue },
      repository: { id: github.repositoryId, full_name: github.repository, private: true },
      installation: { id: 100 },
    }
    const person = { id: github.idOf('olga'), login: 'olga', type: 'User' }
    await github.send('issue_comment', { action: 'created', ...payload, sender: bot })
    await github.send('issue_comment', {
      ...{ action: 'edited', ...payload, sender: person },
      comment: { ...payload.comment, user: person },
    })
    // What was taken in would be carried out before this one.
    await said('olga', '/ferry status web-01')

    expect((await ferry.store.jobs.named('web-01'))?.state).toBe('waiting')
    expect(github.calls.slice(before).filter(({ path }) => path.includes('/comments/78/'))).toEqual([])
  })

  it('S12: that ends a job is confirmed first, by who has asked, once', async () => {
    await jobIn(ferry.store, 'waiting', { name: 'web-09' })
    const { answer, reactions } = await said('olga', '/ferry cancel web-09')
    const confirm = /\/ferry confirm [0-9]+/.exec(answer)?.[0] ?? 'none'

    const other = await said('paula', confirm)
    const done = await said('olga', confirm)
    const twice = await said('olga', confirm)

    expect(reactions).toBe('eyes')
    expect(answer).toContain('Confirm to go on.')
    expect(other.answer).toContain('Only who has asked for it can confirm it.')
    expect(done.answer).toContain('web-09 is Cancelling.')
    expect(twice.answer).toContain('was confirmed before')
  })

  it('C3: approves what somebody has asked for at another door, but nobody their own', async () => {
    await jobIn(ferry.store, 'waiting', { name: 'web-10' })
    const asked = await ferry.ask('oscar', 'complete web-10')
    const number = String(asked.data?.['approval'])

    const own = await said('olga', `/ferry approve ${number}`)
    const other = await said('paula', `/ferry approve ${number}`)

    expect(own.answer).toContain('olga is operator; approve is for approvers.')
    expect(other.answer).toContain('web-10 is Completing.')
  })

  it('shows nothing from outside as a mention, a link or markup', async () => {
    const reason = '@ada <img src=x> #1 https://evil.test [x](http://y) `code`'
    await said('olga', `/ferry lock web-01 for=2h reason="${reason}"`)
    const { answer } = await said('vera', '/ferry status web-01')

    expect(answer).toContain(
      '@\u200bada &lt;img src=x&gt; #\u200b1 https:\u200b//evil.test \\[x\\](http:\u200b//y) `code`',
    )
    expect(answer).not.toMatch(/@ada|<img|#1|https:\/\/evil/)
  })

  it('is not answered with a secret', async () => {
    const { answer } = await said('olga', '/ferry enrol web-77')

    expect(answer).toContain('The answer holds a secret')
  })

  it('is answered once however often GitHub sends it', async () => {
    const id = await github.comment(issue, 'olga', '/ferry status web-01')
    await github.answer(issue, id)
    const sent = github.deliveries.findLast(({ event }) => event === 'issue_comment')
    const count = (await github.comments(issue)).length
    const status = await github.send('issue_comment', sent?.payload ?? {}, { guid: sent?.guid ?? '' })
    await said('olga', '/ferry whoami')

    expect(status).toBe(202)
    expect(await github.comments(issue)).toHaveLength(count + 2)
  })

  it('is answered once when GitHub’s own answer was lost, or GitHub was away', async () => {
    github.fail('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', 'lost')
    github.fail('GET /repos/{owner}/{repo}/collaborators/{username}/permission', 502)
    const id = await github.comment(issue, 'olga', '/ferry status web-01')
    await eventually('the reaction', async () => github.reactions.get(id)?.includes('+1'))

    const answers = (await github.comments(issue)).filter((comment) => comment.id > id)
    expect(answers).toHaveLength(1)
  })

  it('happens once and is answered once when the bot died before it had said so', async () => {
    const id = await github.comment(issue, 'olga', '/ferry keep web-01 5')
    await eventually('the reaction', async () => github.reactions.get(id)?.includes('+1'))
    const sent = github.deliveries.find(({ payload }) => (payload['comment'] as { id: number }).id === id)
    const guid = sent?.guid ?? ''
    // As a bot leaves it that is killed after the change: carried out, but neither answered for nor done.
    await ferry.stop()
    await ferry.sql`update answers set reply = null, lease_until = now()`
    await ferry.sql`update github_deliveries set done_at = null where id = ${guid}`
    await ferry.start()
    await eventually('the end of it', async () => {
      const [row] = await ferry.sql`select done_at from github_deliveries where id = ${guid}`
      return row?.['done_at'] != null
    })

    const job = await ferry.store.jobs.named('web-01')
    const kept = (await ferry.store.audit.list({ jobId: job?.id ?? '', limit: 50 })).filter(
      ({ action }) => action === 'keep',
    )
    expect(kept).toHaveLength(1)
    expect((await github.comments(issue)).filter((comment) => comment.id > id)).toHaveLength(1)
  })

  it('is taken up when the webhook was lost', async () => {
    github.sendTo(undefined)
    const id = await github.comment(issue, 'olga', '/ferry status web-01')
    github.sendTo(ferry.url)

    expect((await github.answer(issue, id)).body).toContain('web-01')
    expect(problems()).toEqual([])
  })
})
