import type { Drill } from './drill.ts'
import { FSTAB, SERVICES } from './drill.ts'
import type { Image, Job, JobDisk } from './job.ts'

/** What Ferry knows of a migration that has ended, as far as it matters to people now. */
interface EndFacts {
  readonly job: Pick<Job, 'name'>
  /** The last one; undefined when all were deleted. */
  readonly image: Pick<Image, 'number' | 'cloudId' | 'verdict' | 'consistency'> | undefined
  readonly disks: readonly Pick<JobDisk, 'path'>[]
  /** What the last drill has seen of the source; undefined when there was none. */
  readonly drill: Pick<Drill, 'number' | 'items'> | undefined
  /** Servers that were launched of its images and still stand. */
  readonly servers: readonly { readonly cloudId: string | null; readonly address: string | null }[]
  /** The source as its agent told it at enrolment; no addresses when the agent is too old to tell them. */
  readonly host: { readonly hostname: string; readonly addresses?: readonly string[] } | undefined
}

/** What is left to do by people once a migration is Completed (S18), in the order in which they should do it. */
export function checklist(facts: EndFacts): Readonly<Record<string, string>> {
  const { job, disks, host } = facts
  const source = host?.hostname ?? 'the source'
  const devices = disks.map(({ path }) => path).join(', ')
  return {
    'Check the data': dataWords(facts),
    'Start services': `${seenBy(facts, SERVICES, (names) => `${names} start by themselves; `)}those that do not start by themselves at boot: compare \`systemctl list-units --state=running\` on ${source} and on the new server`,
    'Check mounts': `${seenBy(facts, FSTAB, (mounts) => `${mounts}; `)}${devices} may have other device names there; \`findmnt --verify\` shows what does not fit`,
    'Switch addresses': addressWords(facts, source),
    'If it was a mistake': `\`clone ${job.name} ${job.name}b\` goes on from the last image and sends only what has changed since`,
  }
}

/** What the last drill has seen, where it could tell; nothing where it could not. */
function seenBy({ drill }: EndFacts, name: string, words: (evidence: string) => string): string {
  const item = drill?.items.find((each) => each.name === name && each.level === 'Normal')
  if (drill === undefined || item === undefined || item.evidence.startsWith('cannot be told')) return ''
  return `at drill ${drill.number}: ${words(item.evidence)}`
}

function dataWords({ job, image }: EndFacts): string {
  if (image === undefined) return 'its images are deleted: nothing of it is left to check'
  const name = `image #${image.number} ${image.cloudId} (${image.consistency})`
  const proof = image.verdict === 'Verified' ? `${name} is Verified` : `\`verify ${job.name}\` checks ${name}`
  return `${proof}; \`launch ${job.name}\` makes a server of it to look at what matters`
}

function addressWords({ servers, host }: EndFacts, source: string): string {
  const old = host?.addresses ?? []
  const known = [
    ...(old.length === 0 ? [] : [`${source} has ${old.join(', ')}`]),
    ...servers.flatMap(({ cloudId, address }) =>
      cloudId === null || address === null ? [] : [`${cloudId} has ${address}`],
    ),
  ]
  return `the IP address has changed${known.length === 0 ? '' : ` (${known.join('; ')})`}: update DNS (and the ICP filing), or keep the private address`
}
