import { approve, deny } from './approve.ts'
import { audit, auditVerify } from './audit.ts'
import { auto } from './auto.ts'
import { cancel } from './cancel.ts'
import { clear } from './clear.ts'
import { clone } from './clone.ts'
import { complete } from './complete.ts'
import { create } from './create.ts'
import { cutoverReport, cutoverStart, cutoverStatus } from './cutover.ts'
import { cutoverCheck } from './cutover-check.ts'
import { cutoverEnd, cutoverStop } from './cutover-end.ts'
import type { Command } from './define.ts'
import { drill, report } from './drill.ts'
import { enrol } from './enrol.ts'
import { freeze, unfreeze } from './freeze.ts'
import { estimate } from './estimate.ts'
import { handover, handoverAccept } from './handover.ts'
import { help } from './help.ts'
import { history } from './history.ts'
import { images, imagesPin, imagesUnpin } from './images.ts'
import { interval } from './interval.ts'
import { keep } from './keep.ts'
import { launch } from './launch.ts'
import { limit } from './limit.ts'
import { list } from './list.ts'
import { lock, unlock } from './lock.ts'
import { pause } from './pause.ts'
import { release } from './release.ts'
import { showRequest, withdraw } from './request.ts'
import { resources } from './resources.ts'
import { resume } from './resume.ts'
import { retry } from './retry.ts'
import { speedtest } from './speedtest.ts'
import { rollback } from './rollback.ts'
import { sources } from './sources.ts'
import { start } from './start.ts'
import { status, watch } from './status.ts'
import { sync } from './sync.ts'
import { troubleshoot } from './troubleshoot.ts'
import { verify } from './verify.ts'
import { whoami } from './whoami.ts'
import { window } from './window.ts'

/** Every command of Ferry, in the order in which help lists them: along the life of a migration. */
export const catalogue: readonly Command[] = [
  help,
  whoami,
  enrol,
  sources,
  create,
  drill,
  report,
  start,
  list,
  status,
  watch,
  sync,
  estimate,
  interval,
  keep,
  auto,
  limit,
  history,
  images,
  imagesPin,
  imagesUnpin,
  pause,
  resume,
  window,
  freeze,
  unfreeze,
  lock,
  unlock,
  cutoverStart,
  cutoverStatus,
  cutoverCheck,
  handover,
  handoverAccept,
  cutoverEnd,
  cutoverStop,
  cutoverReport,
  complete,
  showRequest,
  approve,
  deny,
  withdraw,
  verify,
  launch,
  speedtest,
  troubleshoot,
  retry,
  rollback,
  cancel,
  clear,
  clone,
  release,
  resources,
  audit,
  auditVerify,
]
