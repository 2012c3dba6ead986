import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { WEBHOOK_SECRET } from '../../support/github.ts'
import { startGitHubBot } from '../../support/github-bot.ts'

const BEFORE = 'the-secret-that-was-in-force-before-it'
const ferry = await startGitHubBot({}, { GITHUB_WEBHOOK_SECRET_BEFORE: BEFORE })
const { github } = ferry

const COMMENT = {
  action: 'created',
  comment: { id: 1, body: 'no command', user: { id: 1, login: 'ada', type: 'User' } },
  issue: { number: 1 },
  repository: { id: 1, full_name: github.repository, private: true },
  sender: { id: 1, login: 'ada', type: 'User' },
}

function sign(body: string, secret = WEBHOOK_SECRET): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-github-event': 'issue_comment',
    'x-github-delivery': 'd-1',
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }
}

const post = (body: string, headers: Record<string, string>, path = '/github/webhooks') =>
  fetch(`${ferry.url}${path}`, { method: 'POST', body, headers })

describe('the door for webhooks', () => {
  it('takes what GitHub has signed, with the present secret or the one before it', async () => {
    expect(await github.send('issue_comment', COMMENT)).toBe(202)
    expect(await github.send('issue_comment', COMMENT, { secret: BEFORE })).toBe(202)
    expect(await github.send('ping', { zen: 'Keep it simple.' })).toBe(202)
  })

  it('takes nothing else', async () => {
    const body = JSON.stringify(COMMENT)
    const signed = sign(body)
    const sha1 = `sha1=${createHmac('sha1', WEBHOOK_SECRET).update(body).digest('hex')}`

    expect(await github.send('issue_comment', COMMENT, { secret: 'x'.repeat(32) })).toBe(401)
    expect((await post(`${body} `, signed)).status).toBe(401)
    expect((await post(body, { ...signed, 'x-hub-signature-256': '' })).status).toBe(401)
    expect((await post(body, { ...signed, 'x-hub-signature-256': sha1 })).status).toBe(401)
    expect((await post(body, { ...signed, 'x-github-delivery': '' })).status).toBe(400)
    expect((await post('no json', sign('no json'))).status).toBe(400)
    expect((await post(body, signed, '/github/other')).status).toBe(404)
    expect((await fetch(`${ferry.url}/github/webhooks`)).status).toBe(405)
    expect(await ferry.sql`select id from github_deliveries`).toHaveLength(0)
  })

  it('takes nothing longer than GitHub sends, whatever length is said beforehand', async () => {
    const chunk = new Uint8Array(1_048_576)
    let sent = 0
    const endless = new ReadableStream({
      pull: (stream) => {
        if (++sent > 64) stream.close()
        else stream.enqueue(chunk)
      },
    })
    const init = { method: 'POST', body: endless, duplex: 'half', headers: sign('something shorter') }
    // What is cut off in the middle of its body may not hear why.
    const status = await fetch(`${ferry.url}/github/webhooks`, init as RequestInit).then(
      (response) => response.status,
      () => 'cut off',
    )

    expect([413, 'cut off']).toContain(status)
    expect(sent).toBeLessThan(40)
  })
})
