import { describe, expect, it } from 'vitest'
import { commandIn } from '../../../bot/github/command-line.ts'

describe('the command of a comment', () => {
  it.each([
    ['/ferry status web-01', 'status web-01'],
    ['.ferry status web-01', 'status web-01'],
    ['Now:\r\n\r\n  /ferry sync web-01  \r\nThanks', 'sync web-01'],
    ['/ferry', 'help'],
    ["/ferry deny 17 reason='not now'", "deny 17 reason='not now'"],
    ['```\n/ferry clear web-01\n```\n/ferry list', 'list'],
    ['~~~~\n/ferry clear web-01\n~~~\n~~~~\n/ferry list', 'list'],
    ['1. ```\n   /ferry clear web-01\n   ```\n\n/ferry list', 'list'],
    ['<!-- what to write here -->\n/ferry list', 'list'],
    ['<!--\n/ferry clear web-01\n-->\n/ferry list', 'list'],
  ])('of %j is read', (body, line) => {
    expect(commandIn(body)).toEqual({ line })
  })

  it.each([
    'How is /ferry status doing?',
    '> /ferry clear web-01',
    '    /ferry clear web-01',
    '\t/ferry clear web-01',
    ' \t/ferry clear web-01',
    '```\n/ferry clear web-01',
    '```\n    ```\n/ferry clear web-01\n```',
    '- ```\n  /ferry clear web-01\n  ```',
    '10. ~~~\n  /ferry clear web-01\n    ~~~',
    '<!--\n/ferry clear web-01\n-->',
    'Hello <!--\n\n/ferry clear web-01',
    '`/ferry clear web-01`',
    '/ferryman',
    '/Ferry status',
    '',
  ])('is not seen in %j', (body) => {
    expect(commandIn(body)).toBeUndefined()
  })

  it('is one: several are a problem, and nothing is done', () => {
    expect(commandIn('/ferry list\n/ferry clear web-01')).toEqual({
      problem: expect.stringContaining('2 commands stand in this comment') as string,
    })
  })
})
