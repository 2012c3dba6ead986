/** Where the policy's places lie: Slack looks into channels by their id only, and a person is met in a channel too. */
import type { Place as AnyPlace } from '../../core/app/doors.ts'
import type { Place } from './send.ts'
import { call } from './web.ts'
import type { Workspace } from './workspaces.ts'

/** A channel may be renamed, and another made of its name. */
const FRESH_MS = 10 * 60_000
/** One that is not there is looked for so often, however much waits to be shown in it: Slack lists twenty times a minute. */
const MISSING_MS = 60_000
const PAGE = 1000
/** Names of so many channels are looked through; a bigger workspace names its channels by id. */
const MOST_PAGES = 20

export interface Channels {
  /** Throws when there is none of this name that Ferry can see: it may be made, or Ferry invited, later. */
  placeOf(workspace: Workspace, place: AnyPlace): Promise<Place>
}

export function createChannels(now: () => Date): Channels {
  const known = new Map<string, { readonly id: Promise<string>; readonly at: number; freshMs: number }>()
  const remembered = (key: string, find: () => Promise<string>): Promise<string> => {
    const found = known.get(key)
    if (found !== undefined && now().getTime() - found.at < found.freshMs) return found.id
    const entry = { id: find(), at: now().getTime(), freshMs: FRESH_MS }
    known.set(key, entry)
    entry.id.catch((error: unknown) => {
      // Slack's own trouble says nothing about the channel.
      entry.freshMs = error instanceof NoChannel ? MISSING_MS : 0
    })
    return entry.id
  }
  return {
    placeOf: async (workspace, { channel, user, thread }) => {
      const name = String(channel ?? '')
      const id =
        user !== undefined
          ? await remembered(`${workspace.id} ${user}`, () => openWith(workspace, String(user)))
          : name.startsWith('#')
            ? await remembered(`${workspace.id} ${name}`, () => findNamed(workspace, name.slice(1)))
            : name
      return { channel: id, ...(thread === undefined ? {} : { thread: String(thread) }) }
    },
  }
}

async function openWith({ client }: Workspace, user: string): Promise<string> {
  const { channel } = await call(() => client.conversations.open({ users: user }))
  if (channel?.id === undefined) throw new Error(`Slack opens no conversation with ${user}`)
  return channel.id
}

async function findNamed({ client }: Workspace, name: string): Promise<string> {
  let cursor: string | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const { channels = [], response_metadata: more } = await call(() =>
      client.conversations.list({
        ...{ types: 'public_channel,private_channel', exclude_archived: true, limit: PAGE },
        ...(cursor === undefined ? {} : { cursor }),
      }),
    )
    const found = channels.find((channel) => channel.name === name)
    if (found?.id !== undefined) return found.id
    cursor = more?.next_cursor
    if (cursor === undefined || cursor === '') break
  }
  throw new NoChannel(
    `there is no channel #${name} that Ferry can see: invite it there, or name the channel by its id`,
  )
}

class NoChannel extends Error {
  override name = 'NoChannel'
}
