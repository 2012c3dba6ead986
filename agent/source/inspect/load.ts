/** How busy the server is on which the agent runs, and what time it thinks it is. */
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { InspectResult } from '../../protocol/inspect.ts'
import { pause } from '../../protocol/bot-client.ts'
import { CannotTell, type Root } from './root.ts'

type Value<T> = T extends { value: infer V } ? V : never

/** Over which time the processors are watched. */
const SAMPLE_MS = 1000

export async function load(root: Root, sampleMs = SAMPLE_MS): Promise<Value<InspectResult['load']>> {
  const before = await processorTime(root)
  await pause(sampleMs)
  const after = await processorTime(root)
  const total = after.total - before.total
  const memory = (await root.text('/proc/meminfo')) ?? ''
  const kib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? Number.NaN)
  const used = 1 - kib('MemAvailable') / kib('MemTotal')
  if (Number.isNaN(used)) throw new CannotTell('/proc/meminfo does not tell how much memory is available')
  const io = /^some avg10=([\d.]+)/m.exec(
    (await root.text('/proc/pressure/io').catch(() => undefined)) ?? '',
  )?.[1]
  return {
    cpuPercent: total <= 0 ? 0 : Math.round(100 * (1 - (after.idle - before.idle) / total)),
    memoryPercent: Math.round(100 * used),
    load1: Number(((await root.text('/proc/loadavg')) ?? '0').split(' ')[0]),
    cores: before.cores,
    ioPressure: io === undefined ? null : Number(io),
  }
}

async function processorTime(root: Root): Promise<{ total: number; idle: number; cores: number }> {
  const text = (await root.text('/proc/stat')) ?? ''
  const fields = /^cpu\s+(.*)$/m.exec(text)?.[1]?.split(/\s+/).map(Number)
  if (fields === undefined) throw new CannotTell('/proc/stat does not tell of the processors')
  // user, nice, system, idle, iowait, irq, softirq, steal; what guests use is counted as user already.
  const total = fields.slice(0, 8).reduce((sum, each) => sum + each, 0)
  return { total, idle: (fields[3] ?? 0) + (fields[4] ?? 0), cores: [...text.matchAll(/^cpu\d/gm)].length }
}

/** Compared with the Date that the bot answers with, which is cut to a second. */
export async function clock(server: string): Promise<{ aheadMs: number }> {
  const url = new URL('/', server)
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const start = Date.now()
  const date = await new Promise<string | undefined>((resolve, reject) => {
    const call = send(url, { method: 'HEAD', timeout: 5000 }, (reply) => {
      reply.resume()
      resolve(reply.headers.date)
    })
    call.on('timeout', () => call.destroy(new CannotTell('the bot did not answer')))
    call.on('error', reject)
    call.end()
  })
  if (date === undefined) throw new CannotTell('the bot’s answer has no date')
  const middle = (start + Date.now()) / 2
  const aheadMs = Math.round(middle - (Date.parse(date) + 500))
  // Within half a second it is as good as equal: the date is no finer than that.
  return { aheadMs: Math.abs(aheadMs) <= 1000 ? 0 : aheadMs }
}
