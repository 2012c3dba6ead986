/** What people type in Slack, as the grammar of every door takes it. */
import { Refusal } from '../../core/commands/reply.ts'

/**
 * Turns Slack's way of writing into plain words: bent quotes, the three escaped characters, and mentions. A mention
 * of a person becomes their name in ferry.yaml, one of a channel its id; any other is refused, never guessed.
 */
export function plainLine(text: string, nameOf: (userId: string) => string | undefined): string {
  return text
    .replace(/<([^<>]*)>/g, (_, inner: string) => meant(inner, nameOf))
    .replace(/[“”]/g, '"')
    .replace(/[‘’]/g, "'")
    .replace(/\u00a0/g, ' ')
    .replace(/(^|\s)—(?=[a-z])/g, '$1--')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
}

function meant(inner: string, nameOf: (userId: string) => string | undefined): string {
  const user = /^@([UW][\w-]+)(?:\|.*)?$/.exec(inner)?.[1]
  if (user !== undefined) {
    const name = nameOf(user)
    if (name !== undefined) return name
    throw new Refusal(
      'not-understood',
      `${user} is nobody in ferry.yaml: an admin adds \`slack: ${user}\` to their entry, or you type the name that stands there.`,
    )
  }
  const channel = /^#([CG][A-Z0-9]+)(?:\|.*)?$/.exec(inner)?.[1]
  if (channel !== undefined) return channel
  const [, address, label] = /^((?:https?|mailto|tel):[^|]*)(?:\|(.*))?$/.exec(inner) ?? []
  if (address !== undefined) return label !== undefined && isMadeOf(label, address) ? label : address
  throw new Refusal(
    'not-understood',
    'A mention of a group or of everybody means nothing to Ferry: name one person, or a channel.',
  )
}

/** Slack makes links of what looks like a host, an address of mail or a telephone: what was typed is the label. */
const isMadeOf = (label: string, address: string): boolean =>
  [`http://${label}`, `mailto:${label}`, `tel:${label}`].includes(address)
