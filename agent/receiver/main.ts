/**
 * The receiver, started by the intermediate's UserData: `node ferry-receiver.mjs`.
 * FERRY_HOME: its home with receiver.json (/var/lib/ferry); FERRY_DEV: where the disks are (/dev); FERRY_LISTEN: the
 * address to listen on (0.0.0.0); FERRY_HEARTBEAT_MS: how often to report (5000).
 */
import { isMainThread } from 'node:worker_threads'
import { digestKind } from '../protocol/digest.ts'
import { asMachineFault } from '../protocol/fault.ts'
import { log, wordsOf } from '../protocol/log.ts'
import { VERSION } from '../protocol/version.ts'
import { Home } from './home.ts'
import { inspect } from './inspect/inspect.ts'
import { Heart, register, reportUntilTaken } from './reports.ts'
import { listen } from './server.ts'

async function receive(home: Home, devices: string, address: string): Promise<void> {
  const { port, open } = await listen(home, address)
  log('info', 'listening', { port })
  const identity = await register(home)
  const heart = new Heart(home, identity, Number(process.env['FERRY_HEARTBEAT_MS'] ?? 5000))
  const disks = open({ identity, devices, sealed: (sealed) => heart.sealed(sealed) })
  const living = heart.run()
  try {
    await disks.ready
    log('info', 'the disks are ready')
  } catch (problem) {
    await reportUntilTaken(home, identity, { status: 'failed', fault: asMachineFault(problem) })
    throw problem
  }
  await Promise.race([living, disks.ended])
}

async function main(): Promise<void> {
  const home = new Home(process.env['FERRY_HOME'] ?? '/var/lib/ferry')
  const devices = process.env['FERRY_DEV'] ?? '/dev'
  log('info', 'the receiver starts', { version: VERSION, mode: home.config.mode, digests: digestKind })
  if (home.config.mode === 'inspect') return inspect(home, await register(home), devices)
  await receive(home, devices, process.env['FERRY_LISTEN'] ?? '0.0.0.0')
}

if (isMainThread) {
  main().catch((problem: unknown) => {
    log('error', 'the receiver ends', { because: wordsOf(problem) })
    process.exit(1)
  })
}
