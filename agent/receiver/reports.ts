/** What the receiver tells the bot: who it is, that it lives, and that a sync was sealed. */
import { RegisterReply, ReportReply, type ReceiverReport } from '../protocol/control.ts'
import { backOffMs, BotRefusal, callBot, pause, type Signer } from '../protocol/bot-client.ts'
import { failpoint } from '../protocol/failpoint.ts'
import { log, wordsOf } from '../protocol/log.ts'
import { VERSION } from '../protocol/version.ts'
import { pinOf } from './certificate.ts'
import { publicHalf, type Home, type Identity, type Sealed } from './home.ts'

/**
 * Less than the 10 s for which an agent tries to connect: where only the bot's reply was lost, the bot already knows
 * this receiver and sends an agent here, who is turned away before the next try.
 */
const REGISTER_AGAIN_MS = 5000

/** Registers with the one-time token until the bot took it; later starts only read what is known. Repeatable. */
export async function register(home: Home): Promise<Identity> {
  const known = home.identity()
  if (known) return known
  const keys = home.keys()
  const { server, token, port } = home.config
  const message = {
    token,
    publicKey: publicHalf(keys.signing),
    tlsPin: pinOf(keys.tls),
    port,
    version: VERSION,
  }
  for (let attempt = 0; ; attempt++) {
    try {
      failpoint('receiver:register:before')
      const identity = await callBot({
        server,
        path: '/api/receivers/register',
        message,
        reply: RegisterReply,
      })
      failpoint('receiver:register:after')
      home.setIdentity(identity)
      return identity
    } catch (problem) {
      log('warn', 'registering failed, trying again', { attempt, because: wordsOf(problem) })
      await pause(backOffMs(attempt, 500, REGISTER_AGAIN_MS))
    }
  }
}

/** Sends one report. Throws when the bot did not take it. */
export async function report(home: Home, identity: Identity, message: ReceiverReport): Promise<void> {
  const signer: Signer = { machine: identity.machine, privateKey: home.keys().signing }
  const path = '/api/receivers/reports'
  await callBot({ server: home.config.server, path, message, reply: ReportReply, signer })
}

/** Sends a report until the bot took it. */
export async function reportUntilTaken(
  home: Home,
  identity: Identity,
  message: ReceiverReport,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await report(home, identity, message)
    } catch (problem) {
      const status = problem instanceof BotRefusal ? problem.status : undefined
      log('warn', 'a report was not taken, trying again', { status, because: wordsOf(problem) })
      await pause(backOffMs(attempt, 500, 15_000))
    }
  }
}

/**
 * The heartbeat. A seal is remembered durably before the agent hears of it, and told to the bot at once and again
 * with every beat, across restarts, until the bot took it.
 */
export class Heart {
  private readonly home: Home
  private readonly identity: Identity
  private readonly everyMs: number
  private wake = new AbortController()

  constructor(home: Home, identity: Identity, everyMs: number) {
    this.home = home
    this.identity = identity
    this.everyMs = everyMs
  }

  sealed(sealed: Omit<Sealed, 'isReported'>): void {
    this.home.setSealed({ ...sealed, isReported: false })
    this.wake.abort()
  }

  /** Beats for as long as the program lives. */
  async run(): Promise<never> {
    for (;;) {
      this.wake = new AbortController()
      await this.beat().catch((problem: unknown) =>
        log('warn', 'the bot cannot be told', { because: wordsOf(problem) }),
      )
      await pause(this.everyMs, this.wake.signal)
    }
  }

  private async beat(): Promise<void> {
    const sealed = this.home.sealed()
    if (sealed === undefined || sealed.isReported)
      return report(this.home, this.identity, { status: 'alive' })
    const { sync, epoch, disks } = sealed
    failpoint('receiver:sealed-report:before')
    await report(this.home, this.identity, { status: 'sealed', sync, epoch, disks })
    failpoint('receiver:sealed-report:after')
    // A later seal may have come while the bot was answering; that one is still to be told.
    if (JSON.stringify(this.home.sealed()) === JSON.stringify(sealed))
      this.home.setSealed({ ...sealed, isReported: true })
  }
}
