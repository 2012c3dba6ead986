/** Faults of Ferry's own parts and of what they stand on, beside those of agent, receiver and disks in faults.ts. */
import { entry } from './fault-entry.ts'

export const OWN_FAULTS = {
  SOURCE_PERMISSION: entry(
    'The agent may not read a disk of the source',
    'It runs as a user without the right to read the device.',
    'On the source, start the agent as root (`sudo node ferry-agent.mjs`), then <again>.',
    'source',
  ),
  SOURCE_NOT_READY: entry(
    'The source would not boot in the cloud as it is',
    'A driver (virtio) or a boot loader (GRUB 2.02 or newer) that the cloud needs is missing, or SELinux is enforcing.',
    '`drill <job>` names each item with the command that mends it on the source; then sync again.',
    'source',
  ),
  SOURCE_UNSUPPORTED: entry(
    'The source runs a system that Ferry does not move',
    'Sources are Linux; VSS, platform and the like belong to others.',
    'Move it with the tools of that system; `clear <job>` removes this job.',
    'operator',
    { retryable: false },
  ),
  NOT_CONVERGING: entry(
    'The migration does not converge',
    'The source has changed more before each of the last syncs: it writes faster than is copied, or each sync takes longer.',
    'Sync more often (`interval <job> 1h`), lift the limit (`limit <job> off`), move to a faster or nearer network, or stop what writes most; `speedtest <job>` says what is slow. A cutover goes on to be possible; it takes longer.',
    'operator',
  ),
  DATABASE_UNREACHABLE: entry(
    'Ferry cannot reach its database',
    'PostgreSQL is down, restarting, or the way to it is cut.',
    'Nothing is lost: what was under way goes on by itself as soon as the database answers. See that it runs and that DATABASE_URL names it.',
    'operator',
    { transient: true },
  ),
  POLICY_INCOMPLETE: entry(
    'The policy file or the environment lacks something',
    'A setting that intermediates are made with is missing, misspelt or out of its range.',
    'Mend what the sentence names in ferry.yaml or the environment (docs/configuration.md), then start the bot again.',
    'operator',
  ),
} as const
