/** The background scrub of an agent: begins when a sync has ended, and gives way to whatever the bot asks for next. */
import type { SyncOrder } from '../../protocol/control.ts'
import { log } from '../../protocol/log.ts'
import { Order, type OrderPlace } from '../order.ts'

export class Scrubbing {
  private readonly place: OrderPlace
  private running: { readonly order: Order; readonly ended: Promise<void> } | undefined

  constructor(place: OrderPlace) {
    this.place = place
  }

  /** Begins with the disks of a sync that is done; its manifests are what lies at the receiver. */
  begin({ sync, disks }: SyncOrder): void {
    if (this.place.tracking() === undefined) return
    const order = new Order(
      {
        ...{ kind: 'scrub', sync, epoch: 0, ticket: '', receiver: null, disks },
        ...{ connections: 1, holdMs: null, compression: 'off', bytesPerSecond: null },
      },
      this.place,
    )
    const ended = order.run().then(({ fault }) => {
      if (fault !== undefined) log('warn', 'a slice could not be compared', { ...fault })
    })
    this.running = { order, ended }
  }

  /** Ends it, within a moment; it goes on there after the next sync. Repeatable. */
  async stop(): Promise<void> {
    this.running?.order.stop()
    await this.running?.ended
    this.running = undefined
  }
}
