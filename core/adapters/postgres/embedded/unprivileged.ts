import { spawnSync } from 'node:child_process'
import { chown, stat } from 'node:fs/promises'

/** How to start a program so that it is not root: what to put before it, and the ids to give to spawn. */
export interface Unprivileged {
  readonly prefix: readonly string[]
  readonly ids: { readonly uid?: number; readonly gid?: number }
}

const NOBODY = 65534
const NAMESPACE = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--']

/**
 * PostgreSQL refuses to run as root. As an ordinary user nothing is to be done. As root, a user namespace in which
 * root is called nobody is best: the files stay root's, and a directory under a closed home (/root) can be used.
 * Where the kernel forbids namespaces, it runs as the user postgres or nobody, and `directory` is given to it.
 *
 * `data` that exists already decides: whoever owns it must run it.
 */
export async function chooseUser(directory: string, data: string): Promise<Unprivileged> {
  if (process.getuid?.() !== 0) return { prefix: [], ids: {} }
  const owner = await stat(data).then(
    (found) => ({ uid: found.uid, gid: found.gid }),
    () => undefined,
  )
  if (owner !== undefined && owner.uid !== 0) return { prefix: [], ids: owner }
  if (runs([...NAMESPACE, 'true'])) return { prefix: NAMESPACE, ids: {} }
  const ids = idsOf('postgres') ?? { uid: NOBODY, gid: NOBODY }
  await chown(directory, ids.uid, ids.gid)
  return { prefix: [], ids }
}

/**
 * What to put before a program so that it is told to stop when the thread that started it is gone, also after
 * SIGKILL. Empty where the machine has no `setpriv`. It goes after the prefix of `chooseUser`: a change of user
 * clears it.
 */
export function dyingWithParent(): readonly string[] {
  const prefix = ['setpriv', '--pdeathsig', 'INT']
  return runs([...prefix, 'true']) ? prefix : []
}

function runs([program = '', ...args]: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0
}

function idsOf(name: string): { uid: number; gid: number } | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }))
  if (uid?.status !== 0 || gid?.status !== 0) return undefined
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}
