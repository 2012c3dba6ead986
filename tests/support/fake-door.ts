import type { Door, Place, Post, Told, View } from '../../core/app/doors.ts'

/** What happens to the next calls: they fail, hang until they are given up, or are sent without anybody hearing of it. */
type Weather = 'fair' | 'away' | 'hangs' | 'dies after sending' | Error

export interface FakeDoor extends Door {
  weather: Weather
  /** Of a place with this channel only; all others have fair weather. */
  onlyAt: string | undefined
  /** What stands at the door: messages by their remote id, in the order in which they were put up. */
  readonly messages: Map<string, { readonly mark: string; readonly place: Place; view: View }>
  readonly calls: string[]
}

/** A door that looks before it creates, as the contract demands: the mark is the id of the post or message. */
export function fakeDoor(name: Door['name'] = 'slack'): FakeDoor {
  const messages: FakeDoor['messages'] = new Map()
  const calls: string[] = []
  const put = (mark: string, place: Place, view: View, mayStand: boolean): string => {
    const found = mayStand ? [...messages].find(([, message]) => message.mark === mark) : undefined
    const id = found?.[0] ?? `m${messages.size + 1}`
    messages.set(id, { mark, place, view })
    return id
  }
  const send = async <T>(place: Place, signal: AbortSignal, act: () => T): Promise<T> => {
    const weather = door.onlyAt === undefined || door.onlyAt === place['channel'] ? door.weather : 'fair'
    if (weather instanceof Error) throw weather
    if (weather === 'away') throw new Error('connect ECONNREFUSED')
    if (weather === 'hangs')
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
      )
    const sent = act()
    if (weather === 'dies after sending') throw new Error('killed')
    return sent
  }
  const door: FakeDoor = {
    ...{ name, messages, calls, weather: 'fair', onlyAt: undefined },
    show: (post: Post, view: View, signal) => {
      calls.push(`show ${view.reply.code}`)
      return send(post.place, signal, () => {
        const message = post.remoteId === null ? undefined : messages.get(post.remoteId)
        if (message === undefined || post.remoteId === null)
          return put(post.id, post.place, view, post.tries > 1)
        message.view = view
        return post.remoteId
      })
    },
    tell: (place: Place, told: Told, signal) => {
      calls.push(`tell ${told.view.reply.title}`)
      return send(place, signal, () => {
        put(told.id, place, told.view, told.isRepeat)
      })
    },
  }
  return door
}
