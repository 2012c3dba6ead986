import { COMMAND_OPERATIONS } from './command.ts'
import { CONSOLE_OPERATIONS } from './console.ts'
import { DISK_OPERATIONS } from './disks.ts'
import { IMAGE_OPERATIONS } from './images.ts'
import { INSTANCE_OPERATIONS } from './instances.ts'
import { NETWORK_OPERATIONS } from './network.ts'
import type { Operation } from './operation.ts'
import { PRICE_OPERATIONS } from './price.ts'
import { REGION_OPERATIONS } from './regions.ts'
import { REPLACE_SYSTEM_DISK } from './replace-system-disk.ts'
import { SNAPSHOT_OPERATIONS } from './snapshots.ts'
import { TAG_OPERATIONS } from './tags.ts'

/** Every operation that this cloud knows, by name. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  [
    INSTANCE_OPERATIONS,
    DISK_OPERATIONS,
    REPLACE_SYSTEM_DISK,
    SNAPSHOT_OPERATIONS,
    IMAGE_OPERATIONS,
    NETWORK_OPERATIONS,
    TAG_OPERATIONS,
    COMMAND_OPERATIONS,
    CONSOLE_OPERATIONS,
    REGION_OPERATIONS,
    PRICE_OPERATIONS,
  ]
    .flat()
    .map((operation) => [operation.name, operation]),
)
