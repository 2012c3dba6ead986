/** Faults that only a cloud account can have and that are told seldom; the common ones stand in faults.ts. */
import { entry } from './fault-entry.ts'

export const CLOUD_FAULTS = {
  CLOUD_UNREACHABLE: entry(
    'The cloud cannot be reached',
    'The name of its endpoint does not resolve, or connections to it are refused, cut or time out.',
    'Ferry tries again by itself; if it lasts, check the bot’s DNS, proxy and firewall (HTTPS to ecs.aliyuncs.com), then <again>.',
    'ferry',
    { transient: true },
  ),
  QUOTA_NETWORKS: entry(
    'The account may not create more networks',
    'The quota for VPCs of the region is used up.',
    'Name a vSwitch and a security group that exist (cloud.vswitch, cloud.security_group in ferry.yaml) or raise the quota, then <again>.',
    'cloud-account',
  ),
  CLOUD_NAME_REFUSED: entry(
    'The cloud refuses a name',
    'A name has 2 to 128 characters, begins with a letter and not with http://.',
    'Names are made of the job’s: `clear <job>` and create it under another name.',
    'operator',
  ),
  CALL_MISMATCH: entry(
    'A call was repeated with other parameters',
    'The cloud has seen the call’s token with another request: the policy file was changed in mid-call.',
    'Undo the change in ferry.yaml and <again>, or `clear <job>` and create it again.',
    'operator',
  ),
  DISK_TOO_SMALL: entry(
    'A disk is smaller than the image that is to go onto it',
    'The size that was asked for is below the image’s.',
    'Ask for a disk at least as large as the source’s, then <again>.',
    'operator',
  ),
  INSTANCE_UNKNOWN: entry(
    'The cloud does not know an instance',
    'It was released, or the cloud’s lists lag behind: one answer alone says neither.',
    'Ferry looks again by itself, and says so if the intermediate is gone.',
    'ferry',
    { transient: true },
  ),
  OTHER_MIGRATION: entry(
    'Another migration of the cloud account stands in the way',
    'The cloud’s own migration service (SMC) has a job for this source or name, or too many, or one in a state that forbids this.',
    'End that job in the SMC console, then <again>.',
    'cloud-account',
  ),
} as const
