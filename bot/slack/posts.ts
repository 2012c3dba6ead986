/** Slack as a door that shows and tells by itself: posts are put up once and edited, notices are told once. */
import type { Door, Place as AnyPlace, Post, View } from '../../core/app/doors.ts'
import { DoorBusy, PlaceGone } from '../../core/app/doors.ts'
import { decisionButtons } from './approval.ts'
import { createChannels } from './channels.ts'
import type { SlackParts } from './parts.ts'
import { furnish } from './room.ts'
import type { Rendering } from './render/rendering.ts'
import { renderView } from './render/view.ts'
import type { Standing } from './send.ts'
import { edit, putUp } from './send.ts'
import { SlackBusy, SlackRefused } from './web.ts'
import type { Workspace } from './workspaces.ts'

/**
 * Slack takes 50 edits a minute and more in a workspace (its tier 3), and counts new messages apart, a second for each
 * in a channel. Of these some are new; should it be too much, Slack says how long to wait.
 */
const SHOWS_PER_MINUTE = 60

export function slackDoor(parts: Pick<SlackParts, 'app' | 'workspaces'>): Door {
  const { workspaces } = parts
  const channels = createChannels(() => parts.app.now())
  return {
    name: 'slack',
    showsPerMinute: SHOWS_PER_MINUTE,

    show: (post, view, signal) =>
      translating(async () => {
        const workspace = await workspaces.named(workspaceOf(post.place))
        const rendering = renderView(view, await buttonsOf(parts, post, view))
        const standing = post.remoteId === null ? undefined : standingOf(post.remoteId)
        // What is late by now is somebody else's by now.
        signal.throwIfAborted()
        if (standing !== undefined && (await edited(parts, workspace, standing, rendering))) {
          await furnish(parts, post, view, standing)
          return remoteIdOf(standing)
        }
        // One that somebody has deleted is put up anew; one whose recording was lost is found and then edited.
        const again = post.remoteId === null && post.tries > 1
        const place = await channels.placeOf(workspace, post.place)
        signal.throwIfAborted()
        const put = await putUp(parts, workspace, place, rendering, { id: post.id, again })
        if (put.isOld === true) await edited(parts, workspace, put, rendering)
        await furnish(parts, post, view, put)
        return remoteIdOf(put)
      }),

    link: ({ remoteId }) => {
      if (remoteId === null) return undefined
      const { channel, ts } = standingOf(remoteId)
      // A direct message is for its two: to everybody else the link is dead.
      if (channel.startsWith('D')) return undefined
      return { label: 'Slack', url: `https://slack.com/archives/${channel}/p${ts.replace('.', '')}` }
    },

    tell: (place, message) =>
      translating(async () => {
        const workspace = await workspaces.named(workspaceOf(place))
        await putUp(parts, workspace, await channels.placeOf(workspace, place), renderView(message.view), {
          id: message.id,
          again: message.isRepeat,
        })
      }),
  }
}

/** A request for approval has buttons that only it has; all else has those of its next steps. */
async function buttonsOf(parts: Pick<SlackParts, 'app'>, post: Post, view: View) {
  return post.kind === 'approval' ? decisionButtons(parts, view.reply) : undefined
}

/** False when the message is not there any more. */
async function edited(
  parts: Pick<SlackParts, 'app' | 'workspaces'>,
  workspace: Workspace,
  standing: Standing,
  rendering: Rendering,
): Promise<boolean> {
  try {
    await edit(parts, workspace, standing, rendering)
    return true
  } catch (error) {
    if (error instanceof SlackRefused && error.code === 'message_not_found') return false
    throw error
  }
}

/** Not `channel_not_found`: so Slack calls a private channel that Ferry has not been invited to yet. */
const GONE = /^(is_archived|user_disabled|user_not_found|cannot_dm_bot|channel_is_archived)$/

/** What Slack answers, in the words that core asks of a door. */
async function translating<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    // Sending is limited by channel, editing by workspace; waiting for the whole door is right for both.
    if (error instanceof SlackBusy) throw new DoorBusy(error.retryAfterMs, { isWhole: true })
    if (error instanceof SlackRefused && GONE.test(error.code))
      throw new PlaceGone(`Slack says ${error.code}`, { cause: error })
    throw error
  }
}

/** `workspace`: where several have installed Ferry and a person has asked in one of them. */
const workspaceOf = (place: AnyPlace): string | undefined =>
  place['workspace'] === undefined ? undefined : String(place['workspace'])

const remoteIdOf = ({ channel, ts }: Standing): string => `${channel} ${ts}`

function standingOf(remoteId: string): Standing {
  const [channel = '', ts = ''] = remoteId.split(' ')
  return { channel, ts }
}
