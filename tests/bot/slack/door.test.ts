import { describe, expect, it } from 'vitest'
import type { Asked } from '../../../bot/slack/asked.ts'
import { follow } from '../../../bot/slack/follow.ts'
import { slackDoor } from '../../../bot/slack/posts.ts'
import { respond } from '../../../bot/slack/send.ts'
import { ONLY } from '../../../bot/slack/workspaces.ts'
import type { NewPost, Post, Told } from '../../../core/app/doors.ts'
import { PlaceGone } from '../../../core/app/doors.ts'
import { accepted, done } from '../../../core/commands/reply.ts'

const NOW = new Date('2026-11-25T22:00:00Z')
const post = (more: Partial<Post> = {}): Post => ({
  ...{ id: 'p1', door: 'slack', kind: 'sync', subject: { kind: 'sync', id: 's1' }, place: { channel: 'C1' } },
  ...{ remoteId: null, shown: null, shownAt: null, tries: 1, problem: null, openedAt: NOW, closedAt: null },
  ...more,
})
const view = { reply: done('status', 'web-01 is Waiting.'), tone: 'good', closed: false } as const
const told: Told = { id: 'm1', view, severity: 'info', isRepeat: false, notices: [] }
const asking = (error: string) =>
  Object.assign(new Error(error), { code: 'slack_webapi_platform_error', data: { ok: false, error } })

/** The door before a Web API that answers so. */
function door(
  chat: { post?: () => unknown; replies?: (args: object) => unknown; list?: () => unknown },
  now = () => NOW,
) {
  const client = {
    chat: { postMessage: async () => chat.post?.() ?? { channel: 'C1', ts: '9.9' } },
    conversations: {
      replies: async (args: object) => chat.replies?.(args) ?? { messages: [] },
      list: async () => chat.list?.() ?? { channels: [] },
    },
  }
  const workspaces = { named: async () => ({ id: ONLY, client }), isPlain: async () => false }
  return slackDoor({ app: { now, log: { warn: () => undefined } }, workspaces } as never)
}
const telling = (error: string) =>
  door({
    post: () => {
      throw asking(error)
    },
  }).tell({ channel: 'C1' }, told, new AbortController().signal)

describe('a place in Slack', () => {
  it.each(['is_archived', 'user_disabled', 'user_not_found'])('is gone when Slack says %s', async (error) => {
    await expect(telling(error)).rejects.toThrow(PlaceGone)
  })

  it.each(['channel_not_found', 'not_in_channel', 'restricted_action'])(
    'is not gone when Slack says %s: Ferry may be invited later',
    async (error) => {
      await expect(telling(error)).rejects.not.toBeInstanceOf(PlaceGone)
    },
  )
})

describe('a channel of the policy file that is not there', () => {
  it('is looked for once a minute, however much is to be told in it, and found when it is made', async () => {
    let listed = 0
    let at = NOW
    let channels: readonly object[] = []
    const looking = door({ list: () => ({ channels: (listed += 1) > 0 ? channels : [] }) }, () => at)
    const tell = () => looking.tell({ channel: '#migratons' }, told, new AbortController().signal)

    const all = await Promise.allSettled([tell(), tell(), tell()])
    await expect(tell()).rejects.toThrow('there is no channel #migratons that Ferry can see')
    expect([listed, all.every(({ status }) => status === 'rejected')]).toEqual([1, true])

    channels = [{ id: 'C1', name: 'migratons' }]
    at = new Date(NOW.getTime() + 60_000)
    await tell()
    expect(listed).toBe(2)
  })

  it('is looked for again at once when Slack did not say whether it is there', async () => {
    let isAway = true
    const looking = door({
      list: () => {
        if (isAway) throw new Error('connect ECONNREFUSED')
        return { channels: [{ id: 'C1', name: 'ops' }] }
      },
    })
    const tell = () => looking.tell({ channel: '#ops' }, told, new AbortController().signal)
    await expect(tell()).rejects.toThrow('Slack does not answer')

    isAway = false
    await expect(tell()).resolves.toBeUndefined()
  })
})

describe('a message that may stand already', () => {
  it('is looked for in its thread as far back as an outage may last, which Slack gives from its beginning on', async () => {
    const looked: object[] = []
    const found = { ts: '7.7', metadata: { event_type: 'ferry_message', event_payload: { id: 'm1' } } }
    const looking = door({
      replies: (args) => {
        looked.push(args)
        return { messages: [found] }
      },
      post: () => {
        throw new Error('it was put up once more')
      },
    })
    const place = { channel: 'C1', thread: '1.1' }
    await looking.tell(place, { ...told, isRepeat: true }, new AbortController().signal)

    expect(looked).toMatchObject([
      { ts: '1.1', oldest: String(NOW.getTime() / 1000 - 12 * 3600), limit: 999 },
    ])
  })
})

describe('the link to a post', () => {
  it('leads to a message of a channel, and never into a direct message of somebody', () => {
    const leading = door({})

    expect(leading.link?.(post({ remoteId: 'C0AB 17.55' }))?.url).toBe(
      'https://slack.com/archives/C0AB/p1755',
    )
    expect(leading.link?.(post({ remoteId: 'D0AB 17.55' }))).toBeUndefined()
    expect(leading.link?.(post())).toBeUndefined()
  })
})

describe('what is asked for in a channel', () => {
  const opened = async (first: string, asked: string): Promise<NewPost | undefined> => {
    let posts: readonly NewPost[] = []
    const parts = {
      app: {
        channels: () => ['#migrations'],
        postAt: async () => undefined,
        openPosts: async (wanted: readonly NewPost[]) => void (posts = wanted),
      },
      workspaces: { named: async () => ({ id: first }) },
    }
    const where = { workspace: { id: asked }, place: { channel: 'C7' }, channelName: 'migrations' }
    const reply = accepted('sync-started', 'x', { data: { syncId: 's1', state: 'syncing' } })
    await follow(parts as never, where as unknown as Asked, reply)
    return posts[0]
  }

  it('is followed there as the policy file names the channel, so that there is one message of it', async () => {
    expect((await opened(ONLY, ONLY))?.place).toEqual({ channel: '#migrations' })
    expect((await opened('T1', 'T1'))?.place).toEqual({ channel: '#migrations' })
  })

  it('is followed in the workspace where it was asked, if that is another one with a channel of the same name', async () => {
    expect((await opened('T1', 'T2'))?.place).toEqual({ channel: 'C7', workspace: 'T2' })
  })
})

describe('an address to answer at', () => {
  it.each(['https://hooks.slack.com.evil.example/x', 'http://hooks.slack.com/x', 'http://127.0.0.1:9/x'])(
    'is one of Slack, or nothing is sent there: %s',
    async (url) => {
      const parts = {
        app: { log: { warn: () => undefined } },
        workspaces: { isPlain: async () => false },
        responseBases: ['https://hooks.slack.com/'],
      }
      const rendering = { text: 'x', blocks: () => [] }
      const answering = respond(parts as never, { id: ONLY } as never, url, rendering, {})

      await expect(answering).rejects.toThrow('not_slack')
    },
  )
})
