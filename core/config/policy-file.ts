import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { Policy } from '../domain/policy.ts'
import { crossProblems } from './policy-checks.ts'

/** The policy, or every problem of the file in a sentence that says where. */
type PolicyRead = { readonly policy: Policy } | { readonly problems: readonly string[] }

export function readPolicyFile(path: string): PolicyRead {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not there' : 'cannot be read'
    return {
      problems: [
        `The policy file ${path} ${why}: copy ferry.example.yaml to it, or name another in FERRY_POLICY.`,
      ],
    }
  }
  return readPolicy(text, path)
}

export function readPolicy(text: string, path: string): PolicyRead {
  const document = parseDocument(text)
  if (document.errors.length > 0)
    return { problems: document.errors.map((error) => `${path}: ${error.message.split('\n')[0] ?? ''}`) }
  const raw: unknown = document.toJS() ?? {}
  const read = Policy.safeParse(raw)
  const problems = [
    ...(read.error?.issues ?? []).map((issue) => `${whereabouts(issue.path)}: ${issue.message}.`),
    ...crossProblems(raw),
  ]
  if (problems.length > 0 || !read.success)
    return { problems: problems.map((problem) => `${path}: ${problem}`) }
  return { policy: read.data }
}

/** `people[1].role` */
function whereabouts(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  return text.replace(/^\./, '') || 'the file'
}
