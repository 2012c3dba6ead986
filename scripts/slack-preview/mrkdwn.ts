/** Slack's own markup as HTML. What comes in is escaped already, as Slack wants it. */
export function mrkdwnHtml(text: string): string {
  return Object.entries(MARKS).reduce(
    (drawn, [mark, [look, sign]]) => drawn.replaceAll(mark, `<span class="dot ${look}">${sign}</span>`),
    html(text),
  )
}

/** The marks of Ferry's messages, drawn: not every machine has a font for them. */
const MARKS = {
  '⏳': ['amber', '…'],
  '✋': ['blue', '!'],
  '✅': ['green', '✓'],
  '⛔': ['red', '✕'],
  '⚠️': ['amber', '!'],
  '▫️': ['grey', '–'],
} as const

function html(text: string): string {
  return text
    .split(/(```[\s\S]*?```)/)
    .map((part) =>
      part.startsWith('```')
        ? `<pre>${part.slice(3, -3).replace(/^\n|\n$/g, '')}</pre>`
        : inline(part.replace(/^\n|\n$/g, '')),
    )
    .join('')
}

function inline(text: string): string {
  return text
    .split(/(`[^`\n]+`)/)
    .map((part) =>
      part.startsWith('`')
        ? `<code>${part.slice(1, -1)}</code>`
        : part
            .replace(/(^|[\s(])\*([^*\n]+)\*/g, '$1<b>$2</b>')
            .replace(/(^|[\s(])_([^_\n]+)_/g, '$1<i>$2</i>')
            .replace(/\n/g, '<br>'),
    )
    .join('')
}

export function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}
