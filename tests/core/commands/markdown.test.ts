import { describe, expect, it } from 'vitest'
import { marker } from '../../../bot/github/written.ts'
import { code, details, fenced, table, text } from '../../../core/commands/markdown.ts'

const UNSEEN = '\u200b'

describe('text for GitHub', () => {
  it.each([
    ['@ada', `@${UNSEEN}ada`],
    ['acme/web#12 and #7', `acme/web#${UNSEEN}12 and #${UNSEEN}7`],
    ['GH-7', `GH-${UNSEEN}7`],
    ['https://evil.test', `https:${UNSEEN}//evil.test`],
    ['www.evil.test', `www${UNSEEN}.evil.test`],
    ['mailto:a', `mailto${UNSEEN}:a`],
    ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
    ['&lt;', '&amp;lt;'],
    ['[x](y) ![z](w)', '\\[x\\](y) \\!\\[z\\](w)'],
    ['*a* _b_ ~c~ |d|', '\\*a\\* \\_b\\_ \\~c\\~ \\|d\\|'],
    ['# head', `#${UNSEEN} head`],
    ['- item', '\\- item'],
    ['1. item', '1\\. item'],
    ['one\n\ntwo', 'one two'],
    ['an open ` tick', 'an open \\` tick'],
    ['`status web-01` shows @it', `\`status web-01\` shows @${UNSEEN}it`],
    ['`a|b`', '`a|b`'],
  ])('makes %j harmless', (given, shown) => {
    expect(text(given)).toBe(shown)
  })

  it('keeps code within its ticks and lines within their fence', () => {
    expect(code('a | b\nc')).toBe('`a | b c`')
    expect(code('a `b` ``` c')).toBe('```` a `b` ``` c ````')
    expect(code('')).toBe('` `')
    expect(fenced(['a\n```', 'b'], 'mermaid')).toBe("```mermaid\na '''\nb\n```")
    expect(fenced(['a', '```', '@b  '])).toBe("```text\na\n'''\n@b\n```")
  })

  it('keeps a table in one piece', () => {
    expect(table(['', 'x'], [['a|b', '`c|d`\ne']])).toBe('|  | x |\n| --- | --- |\n| a\\|b | `c\\|d`<br>e |')
  })

  it('ends no comment and no summary early', () => {
    expect(marker('delivery:7--><b>')).toBe('<!-- ferry:delivery:7--b -->')
    expect(details('<b>', 'inside')).toContain('<summary>&lt;b&gt;</summary>')
  })
})
