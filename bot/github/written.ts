/** What Ferry has written in an issue, found again by its mark: nothing is written twice after a crash. */
import type { Call } from './client.ts'

/** Not shown; how Ferry finds again what it has written. */
export function marker(name: string): string {
  return `<!-- ferry:${name.replace(/[^\w:.-]/g, '')} -->`
}

interface Comment {
  readonly id: number
  readonly body?: string
  readonly user: { readonly type?: string } | null
}

const PAGE = 100
const MOST_PAGES = 10
/** GitHub's clock and the database's may differ. */
const CLOCKS_MS = 120_000

interface Written {
  /** What the comment begins with, unseen. */
  readonly mark: string
  /** As Markdown, the mark included. */
  readonly body: string
  /** It cannot be older. */
  readonly since: Date
  /** Nobody can have written it yet: it need not be looked for. */
  readonly isNew?: boolean
}

/** Writes a comment, or edits the one of this mark. Returns its id. */
export async function putComment(call: Call, issue: number, written: Written): Promise<number> {
  const { mark, body, since, isNew = false } = written
  const found = isNew ? undefined : await findComment(call, issue, mark, since)
  if (found === undefined) {
    const made = await call<Comment>('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      ...{ issue_number: issue, body },
    })
    return made.id
  }
  if (found.body !== body) await editComment(call, found.id, body)
  return found.id
}

export async function editComment(call: Call, comment: number, body: string): Promise<void> {
  await call('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', { comment_id: comment, body })
}

/** The comment that begins with this mark. Only an app's: a person may have copied it. */
async function findComment(
  call: Call,
  issue: number,
  mark: string,
  since: Date,
): Promise<Comment | undefined> {
  for (let page = 1; page <= MOST_PAGES; page++) {
    const comments = await call<readonly Comment[]>(
      'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
      {
        ...{ issue_number: issue, per_page: PAGE, page },
        since: new Date(since.getTime() - CLOCKS_MS).toISOString(),
      },
    )
    const found = comments.find(({ body, user }) => user?.type === 'Bot' && body?.startsWith(marker(mark)))
    if (found !== undefined || comments.length < PAGE) return found
  }
  return undefined
}
