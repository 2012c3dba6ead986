import type { Image } from './state.ts'

/** The network that an account finds ready: one VPC, a vSwitch per zone, a security group. */
export const VPC = 'vpc-sandbox'
export const SECURITY_GROUP = 'sg-sandbox'

/** The vSwitch of a zone. */
export function vSwitchOf(zone: string): string {
  return `vsw-${zone}`
}

/** The system disk of the public images, in GiB. */
const BASE_GIB = 20

/** The public images. Their disks are empty: what an instance of them does is its UserData. */
export const BASE_IMAGES: readonly Image[] = [
  baseImage(
    'aliyun_3_x64_20G_alibase_20240819.vhd',
    'Alibaba Cloud Linux  3.2104 LTS 64 bit',
    'x86_64',
    'BIOS',
  ),
  baseImage(
    'aliyun_3_arm64_20G_alibase_20240819.vhd',
    'Alibaba Cloud Linux  3.2104 LTS 64 bit ARM',
    'arm64',
    'UEFI',
  ),
  baseImage('ubuntu_22_04_x64_20G_alibase_20240820.vhd', 'Ubuntu  22.04 64 bit', 'x86_64', 'BIOS'),
]

function baseImage(id: string, osName: string, architecture: string, bootMode: string): Image {
  return {
    id,
    owner: 'system',
    name: id,
    description: '',
    family: `acs:${id.split('_20G')[0] ?? id}`,
    version: '',
    osName,
    platform: osName.split('  ')[0] ?? osName,
    architecture,
    bootMode,
    status: 'Available',
    disks: [{ device: '/dev/xvda', role: 'system', sizeGiB: BASE_GIB }],
    createdAt: Date.UTC(2024, 7, 19),
    tags: {},
  }
}

const CORES: Record<string, number> = { small: 1, large: 2, xlarge: 4 }

/** What an instance type has, read from its name (`ecs.g7.2xlarge`); undefined when it is not a type's name. */
export function hardwareOf(type: string): { cores: number; memoryMiB: number } | undefined {
  const [, family = '', times = '', size = ''] =
    /^ecs\.([a-z][a-z0-9-]*)\.(\d*)(small|large|xlarge)$/.exec(type) ?? []
  const cores = CORES[size]
  if (cores === undefined) return undefined
  const gibPerCore = family.startsWith('r') ? 8 : family.startsWith('g') ? 4 : 2
  const total = cores * Number(times || 1)
  return { cores: total, memoryMiB: total * gibPerCore * 1024 }
}
