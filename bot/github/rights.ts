import type { Call } from './client.ts'
import { GitHubTrouble } from './trouble.ts'

/** What somebody may do in a repository: `admin`, `write`, `read` or `none`, as GitHub says it. */
export async function permissionOf(call: Call, login: string): Promise<string> {
  try {
    const found = await call<{ permission: string }>(
      'GET /repos/{owner}/{repo}/collaborators/{username}/permission',
      { username: login },
    )
    return found.permission
  } catch (error) {
    if (error instanceof GitHubTrouble && error.kind === 'gone') return 'none'
    throw error
  }
}

/** Whether they may change something by Ferry from here, as far as the repository goes. */
export function mayWrite(permission: string): boolean {
  return permission === 'admin' || permission === 'write' || permission === 'maintain'
}
