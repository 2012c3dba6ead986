import { describe, expect, it } from 'vitest'
import type { Asked } from '../../../bot/slack/asked.ts'
import { inItsRoom, sendDocument } from '../../../bot/slack/files.ts'
import { done } from '../../../core/commands/reply.ts'

const posts = [
  { door: 'github', remoteId: '7' },
  { door: 'slack', remoteId: 'D9 2.2' },
  { door: 'slack', remoteId: 'C1 5.5' },
]
const parts = { app: { postsOf: async () => posts } }
const report = done('cutover-ended', 'Cutover 3 of web-01: done.', { data: { cutover: 3 } })
const placeOf = async (place: Asked['place'], reply = report) =>
  (await inItsRoom(parts as never, { place } as Asked, reply)).place

describe('the report of a cutover', () => {
  it('that is ended by a word in the channel of its room goes into the room', async () => {
    expect(await placeOf({ channel: 'C1' })).toEqual({ channel: 'C1', thread: '5.5' })
  })

  it('stays where it was asked in a thread, in another channel, and where there is none', async () => {
    expect(await placeOf({ channel: 'C1', thread: '1.1' })).toEqual({ channel: 'C1', thread: '1.1' })
    expect(await placeOf({ channel: 'C2' })).toEqual({ channel: 'C2' })
    expect(await placeOf(undefined)).toBeUndefined()
  })

  it('is nothing to other documents', async () => {
    expect(await placeOf({ channel: 'C1' }, done('audit', 'x'))).toEqual({ channel: 'C1' })
  })
})

describe('a file', () => {
  it('comes by direct message where Slack lets Ferry write and put no files', async () => {
    const sent: object[] = []
    const client = {
      conversations: { open: async () => ({ channel: { id: 'D1' } }) },
      filesUploadV2: async (file: { channel_id: string }) => {
        sent.push(file)
        if (file.channel_id === 'C1')
          throw Object.assign(new Error('x'), {
            ...{ code: 'slack_webapi_platform_error', data: { error: 'not_in_channel' } },
          })
      },
    }
    const asked = { workspace: { client }, userId: 'U1', place: { channel: 'C1', thread: '5.5' } }
    const reply = { ...report, document: { name: 'cutover-3.md', text: '# Cutover 3' } }
    await sendDocument({ stopping: new AbortController().signal } as never, asked as never, reply)

    const file = { filename: 'cutover-3.md', content: '# Cutover 3' }
    expect(sent).toEqual([
      expect.objectContaining({ ...file, channel_id: 'C1', thread_ts: '5.5' }),
      { ...file, title: report.title, channel_id: 'D1' },
    ])
  })
})
