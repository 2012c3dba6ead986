import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SandboxFacts } from './sandbox-process.ts'

/** Two people, so that what needs the approval of another one can be tried alone. */
const PEOPLE = [
  { name: 'alice', role: 'admin' },
  { name: 'bob', role: 'approver' },
] as const

/**
 * Writes the policy file and a token file per person, unless they are there already: people may change the policy.
 * Returns the path of the policy file.
 */
export async function writePolicy(directory: string, sandbox: SandboxFacts): Promise<string> {
  const path = join(directory, 'ferry.yaml')
  if (await exists(path)) return path
  const tokens = join(directory, 'tokens')
  await mkdir(tokens, { recursive: true, mode: 0o700 })
  const people: string[] = []
  for (const { name, role } of PEOPLE) {
    const token = await readOrMake(join(tokens, name))
    const hash = createHash('sha256').update(token).digest('hex')
    people.push(`  - name: ${name}\n    role: ${role}\n    tokens: ['sha256:${hash}']\n`)
  }
  // Written last and whole: a policy file that is there is complete.
  await writeFile(
    path,
    `# Local mode wrote this file at its first start; it is yours now.
people:
${people.join('')}approvals:
  complete: 1
cloud:
  region: ${sandbox.region}
  zone: ${sandbox.zones[0] ?? ''}
  vswitch: ${sandbox.vSwitch}
  security_group: ${sandbox.securityGroup}
  base_image: ${sandbox.baseImage}
`,
    { mode: 0o600 },
  )
  return path
}

async function readOrMake(path: string): Promise<string> {
  if (await exists(path)) return (await readFile(path, 'utf8')).trim()
  const token = `ferry_${randomBytes(24).toString('base64url')}`
  await writeFile(path, `${token}\n`, { mode: 0o600 })
  return token
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
