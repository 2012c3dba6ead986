/** What a post or a notice shows: a reply with a mark for how things stand. */
import type { View } from '../../../core/app/doors.ts'
import type { Element } from './blocks.ts'
import type { Rendering } from './rendering.ts'
import { renderReply } from './reply.ts'

const MARKS: Readonly<Record<View['tone'], string>> = {
  moving: '⏳',
  waits: '✋',
  good: '✅',
  bad: '⛔',
  neutral: '▫️',
}

/** `buttons`: instead of those of the next steps. */
export function renderView({ reply, tone, links }: View, buttons?: readonly Element[]): Rendering {
  return renderReply(reply, {
    mark: MARKS[tone],
    ...(buttons === undefined ? {} : { buttons }),
    ...(links === undefined ? {} : { links }),
  })
}
