/** What kind of machine this is, as told at enrolment. */
import { existsSync } from 'node:fs'
import { arch, cpus, hostname, networkInterfaces, platform, release, totalmem } from 'node:os'
import type { SourceHost } from '../protocol/control.ts'

/** Facts about this server. */
export const hostFacts = (): SourceHost => ({
  hostname: hostname(),
  os: platform(),
  arch: arch(),
  kernel: release(),
  cores: cpus().length,
  memoryBytes: totalmem(),
  bootMode: existsSync('/sys/firmware/efi') ? 'UEFI' : 'BIOS',
  addresses: Object.values(networkInterfaces())
    .flatMap((interfaces) => interfaces ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address)
    .slice(0, 64),
})
