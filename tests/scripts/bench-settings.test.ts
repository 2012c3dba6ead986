import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../../scripts/bench/bytes/settings.ts'

const GIB = 1024 ** 3

describe('the options of the byte bench', () => {
  it('have defaults, all of them', () => {
    expect(readSettings([])).toEqual({
      ...{ sizeBytes: 8 * GIB, rounds: 5, peerRounds: 2, place: tmpdir(), json: false },
      curve: [2 * GIB, 8 * GIB, 64 * GIB],
    })
  })

  it('take fractions of a GiB, and no curve', () => {
    expect(readSettings(['--size', '0.5', '--curve', 'none', '--json'])).toMatchObject({
      ...{ sizeBytes: GIB / 2, curve: [], json: true },
    })
  })

  it.each([
    [['--size', '8GiB'], /^--size 8GiB: a size is a number of GiB without a unit/],
    [['--size', '0'], /^--size 0: /],
    [['--size', '5000'], /up to 4096/],
    [['--size', '0.0001'], /in whole MiB/],
    [['--rounds', '0'], /^--rounds 0: rounds are a whole number from 1 to 100\. Example: --rounds 3$/],
    [['--peer-rounds', '1.5'], /^--peer-rounds 1\.5: /],
    [['--curve', '2,,8'], /^--curve : .* Example: --curve 2,8,64$/],
    [['--dir', '/nowhere'], /^--dir \/nowhere: there is no such directory/],
    [['--sizes', '8'], /^Unknown option '--sizes'\. npm run bench -- bytes/],
    [['8'], /^Unexpected argument '8'\. npm run bench -- bytes/],
  ])('refuse %j with a sentence', (args, words) => {
    expect(readSettings(args)).toEqual({ problem: expect.stringMatching(words) })
  })
})
