import { describe, expect, it } from 'vitest'
import type { GitHubParts } from '../../../bot/github/parts.ts'
import { githubDoor, webUrlOf } from '../../../bot/github/posts.ts'
import type { Post } from '../../../core/app/doors.ts'

const door = githubDoor({} as GitHubParts, webUrlOf('https://api.github.com'), 1000)
const post = (more: Partial<Post>) => ({ remoteId: '7', ...more }) as Post

describe('a post at GitHub', () => {
  it.each([
    ['https://api.github.com', 'https://github.com'],
    ['https://api.acme.ghe.com', 'https://acme.ghe.com'],
    ['https://ghes.example.com/api/v3', 'https://ghes.example.com'],
  ])('of %s is seen at %s', (apiUrl, webUrl) => {
    expect(webUrlOf(apiUrl)).toBe(webUrl)
  })

  it('is found from elsewhere by the address that browsers show it at', () => {
    const [repository, environment] = ['acme/web', 'ferry/web 01']

    expect(door.link?.(post({ kind: 'check', place: { repository, ref: 'main' } }))).toEqual({
      ...{ label: 'Check', url: 'https://github.com/acme/web/runs/7' },
    })
    expect(door.link?.(post({ kind: 'deployment', place: { repository, environment } }))).toEqual({
      ...{ label: 'Deployment', url: 'https://github.com/acme/web/deployments/ferry%2Fweb%2001' },
    })
    expect(door.link?.(post({ kind: 'sync', place: { repository, issue: 12 } }))).toEqual({
      ...{ label: 'GitHub', url: 'https://github.com/acme/web/issues/12#issuecomment-7' },
    })
  })

  it('is found nowhere before it was put up', () => {
    expect(door.link?.(post({ kind: 'check', remoteId: null, place: {} }))).toBeUndefined()
  })
})
