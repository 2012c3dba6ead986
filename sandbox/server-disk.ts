import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { buildDatabase, changeDatabase, PAGE_BYTES } from './server-disk/database.ts'
import { addFiles, findTool, makeExt4 } from './server-disk/ext4.ts'
import type { Partition } from './server-disk/ext4.ts'
import { seeded } from './server-disk/seeded.ts'
import { logLines, writeTree } from './server-disk/tree.ts'

const MIB = 1024 * 1024
const SECTOR = 512
/** Where every partitioning tool of today puts the first partition. */
const FIRST_PARTITION = MIB
/**
 * Says by the BIOS what is written after it, and stands still. The demo's server is files without a kernel: who boots
 * the disk is told so, as by the boot sector of any disk that holds data only.
 */
const NO_BOOT_LOADER = Buffer.concat([
  Buffer.from('31c08ed8fcbe197cac84c07409b40ebb0700cd10ebf2f4ebfd', 'hex'),
  Buffer.from('No bootable device: this disk has no boot loader.\r\n\0', 'latin1'),
])

/** The disks of a demo server, as files. */
export interface ServerDisks {
  readonly seed: string | number
  readonly system: {
    readonly path: string
    readonly sizeBytes: number
    /** `pattern` where mke2fs is missing: then there is a partition and data in it, but no file system. */
    readonly content: 'ext4' | 'pattern'
    readonly partition: Partition
    readonly files: number
  }
  readonly data: { readonly path: string; readonly sizeBytes: number; readonly content: 'pattern' }
}

/**
 * Makes a small server's disks without root: `system.raw`, an MBR with one ext4 of some thousand files, and
 * `data.raw`, a database's pages with holes between. Both sparse. The same seed makes the same files with the same
 * content; where ext4 puts them, and inode times, may differ from run to run.
 */
export function buildServerDisks(request: {
  directory: string
  systemMiB?: number
  dataMiB?: number
  seed: string | number
}): ServerDisks {
  const { directory, systemMiB = 384, dataMiB = 256, seed } = request
  if (systemMiB < 128) throw new Error('The system disk needs 128 MiB or more.')
  mkdirSync(directory, { recursive: true })
  const path = join(directory, 'system.raw')
  const partition = { path, offset: FIRST_PARTITION, bytes: systemMiB * MIB - FIRST_PARTITION }
  writePartitionTable(partition, systemMiB * MIB, seed)
  const mke2fs = findTool('mke2fs')
  let files = 0
  if (mke2fs !== undefined) {
    const folder = mkdtempSync(join(directory, 'tree-'))
    try {
      const uuid = seeded(seed, 'uuid').uuid()
      files = writeTree(folder, { seed, bytes: systemMiB * MIB * 0.3, uuid }).files
      makeExt4(mke2fs, partition, { folder, uuid })
    } finally {
      rmSync(folder, { recursive: true })
    }
  } else {
    writePattern(partition, seed)
  }

  const data = { path: join(directory, 'data.raw'), sizeBytes: dataMiB * MIB, content: 'pattern' } as const
  buildDatabase(data.path, data.sizeBytes, seed)
  const content = mke2fs === undefined ? 'pattern' : 'ext4'
  return { seed, system: { path, sizeBytes: systemMiB * MIB, content, partition, files }, data }
}

/**
 * What the server does between two syncs: a new release and a new log on the system disk, pages rewritten in place
 * on the data disk. `round` 1, 2, … says which change; the same round makes the same bytes. With debugfs missing
 * only the data disk changes. Returns how many bytes of content were written on each.
 */
export function changeServerDisks(
  disks: ServerDisks,
  change: { round: number; systemKiB?: number; dataKiB?: number },
): { systemBytes: number; dataBytes: number } {
  const { round, systemKiB = 2048, dataKiB = 4096 } = change
  const { seed, system, data } = disks
  const pages = Math.ceil((dataKiB * 1024) / PAGE_BYTES)
  const dataBytes = changeDatabase(data.path, { sizeBytes: data.sizeBytes, seed, round, pages })
  const debugfs = findTool('debugfs')
  if (system.content !== 'ext4' || debugfs === undefined) return { systemBytes: 0, dataBytes }

  const source = seeded(seed, `release ${round}`)
  const files = [
    { name: 'bundle.js.gz', content: source.bytes((systemKiB * 1024) >> 1) },
    { name: 'access.log', content: logLines(seed, 1000 + round, Math.ceil((systemKiB * 1024) / 2 / 60)) },
    { name: 'VERSION', content: `${round}\n` },
  ]
  addFiles(debugfs, system.partition, `/srv/www/release-${round}`, files)
  return { systemBytes: files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0), dataBytes }
}

/** An MBR: one bootable Linux partition to the end of the disk. */
function writePartitionTable(
  { path, offset, bytes }: Partition,
  sizeBytes: number,
  seed: string | number,
): void {
  const sector = Buffer.alloc(SECTOR)
  NO_BOOT_LOADER.copy(sector)
  seeded(seed, 'disk').bytes(4).copy(sector, 440)
  const entry = sector.subarray(446, 462)
  entry[0] = 0x80
  // Cylinders, heads and sectors cannot express it: these values say "look at the block numbers".
  entry.set([0xfe, 0xff, 0xff], 1)
  entry[4] = 0x83
  entry.set([0xfe, 0xff, 0xff], 5)
  entry.writeUInt32LE(offset / SECTOR, 8)
  entry.writeUInt32LE(bytes / SECTOR, 12)
  sector.writeUInt16LE(0xaa55, 510)
  const file = openSync(path, 'w')
  try {
    ftruncateSync(file, sizeBytes)
    writeSync(file, sector, 0, SECTOR, 0)
  } finally {
    closeSync(file)
  }
}

function writePattern({ path, offset, bytes }: Partition, seed: string | number): void {
  const file = openSync(path, 'r+')
  try {
    // Every third MiB: about as much as the files would have been.
    for (let at = 0; at + MIB <= bytes; at += 3 * MIB) {
      writeSync(file, seeded(seed, `pattern ${at}`).bytes(MIB), 0, MIB, offset + at)
    }
  } finally {
    closeSync(file)
  }
}
