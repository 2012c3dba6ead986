/** Opens a disk at start: from its manifest and journal if they can be believed, else by reading all of it. */
import { closeSync, copyFileSync, fdatasyncSync, openSync } from 'node:fs'
import { digestOf } from '../protocol/digest.ts'
import { writeAll } from '../protocol/durable.ts'
import { BLOCK_BYTES, blankRows, GROUP_BLOCKS, groupsOf } from '../protocol/geometry.ts'
import { replayJournal } from '../protocol/journal.ts'
import { log } from '../protocol/log.ts'
import { openManifest, rowOffset } from '../protocol/manifest-file.ts'
import { openDevice, openDirect, readWhole, type DeviceConfig } from './device.ts'
import { applyRecord, DiskStore, journalPath, manifestPath, rowsPath, type DiskPlace } from './disk-store.ts'

/** Rows from the manifest and its journal, or the reason why they cannot be had. */
function recall(place: DiskPlace): { readonly store: DiskStore } | { readonly problem: string } {
  const manifest = openManifest(manifestPath(place), place)
  if ('problem' in manifest) return { problem: `the manifest: ${manifest.problem}` }
  closeSync(manifest.fd)
  copyFileSync(manifestPath(place), rowsPath(place))
  const rows = openSync(rowsPath(place), 'r+')
  const replayed = replayJournal(
    journalPath(place, manifest.generation),
    { identity: place.identity, generation: manifest.generation },
    (record) => applyRecord(rows, place.sizeBytes, record),
  )
  if ('problem' in replayed) {
    closeSync(rows)
    return { problem: `the journal: ${replayed.problem}` }
  }
  log('info', 'a disk is as its manifest says', { disk: place.index, ...replayed })
  return { store: new DiskStore(place, rows, manifest.generation) }
}

function blank(place: DiskPlace): DiskStore {
  const rows = openSync(rowsPath(place), 'w+', 0o600)
  for (let group = 0; group < groupsOf(place.sizeBytes); group++) {
    const digests = blankRows(place.sizeBytes, group)
    writeAll(rows, digests, rowOffset(group * GROUP_BLOCKS))
  }
  return new DiskStore(place, rows, 0)
}

function scanned(place: DiskPlace): DiskStore {
  // What is recorded must be durable: a killed receiver may have left bytes that are only in the page cache.
  fdatasyncSync(place.fd)
  const rows = openSync(rowsPath(place), 'w+', 0o600)
  readWhole(place.fd, place.sizeBytes, (bytes, offset) => {
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      const digest = digestOf(bytes.subarray(at, at + BLOCK_BYTES))
      writeAll(rows, digest, rowOffset((offset + at) / BLOCK_BYTES))
    }
  })
  // The generation only has to grow past any that was ever written for this disk: seconds since 2020 do.
  return new DiskStore(place, rows, Math.floor(Date.now() / 1000) - 1_577_836_800)
}

/** May take as long as reading the disk. Throws Fault RECEIVER_IO. */
export function openDisk(
  directory: string,
  home: string,
  config: DeviceConfig & { readonly blank: boolean },
): DiskStore {
  const { fd, identity } = openDevice(directory, config, 'r+')
  const place: DiskPlace = {
    index: config.index,
    fd,
    direct: openDirect(directory, config),
    home,
    identity,
    sizeBytes: config.sizeBytes,
  }
  const recalled = recall(place)
  if ('store' in recalled) return recalled.store
  const isFirst = recalled.problem === 'the manifest: there is none'
  if (isFirst && config.blank) return blank(place)
  log(isFirst ? 'info' : 'warn', 'reading a whole disk', { disk: place.index, because: recalled.problem })
  return scanned(place)
}
