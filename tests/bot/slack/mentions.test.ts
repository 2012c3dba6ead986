import { describe, expect, it } from 'vitest'
import { plainLine } from '../../../bot/slack/mentions.ts'

const nameOf = (id: string): string | undefined => (id === 'U1' ? 'ada' : undefined)

describe('a line from Slack', () => {
  it.each([
    ['handover <@U1|Ada L>', 'handover ada'],
    ['handover <@U1>', 'handover ada'],
    ['notices <#C01ABC|migrations>', 'notices C01ABC'],
    ['verify web-01 check=<https://a.example/x|a.example>', 'verify web-01 check=https://a.example/x'],
    ["deny 17 reason='ask <mailto:a@b.example|a@b.example>'", "deny 17 reason='ask a@b.example'"],
    ["verify web-01 check='nc <http://a.example|a.example> 80'", "verify web-01 check='nc a.example 80'"],
    ['verify web-01 check=<http://a.example/x|elsewhere.example>', 'verify web-01 check=http://a.example/x'],
    ['verify web-01 check=“a &lt; b &amp;&amp; c”', 'verify web-01 check="a < b && c"'],
    ['deny 17 reason=‘not now’', "deny 17 reason='not now'"],
    ['complete web-01 —last-sync', 'complete web-01 --last-sync'],
    ['list\u00a0—all', 'list --all'],
    ['&amp;lt;b&amp;gt;', '&lt;b&gt;'],
  ])('%s is read as %s', (typed, line) => {
    expect(plainLine(typed, nameOf)).toBe(line)
  })

  it.each(['<@U2>', '<!channel>', '<!subteam^S1|@ops>', '<>', '<#nothing>'])('%s is refused', (typed) => {
    expect(() => plainLine(`handover ${typed}`, nameOf)).toThrow()
  })
})
