/** What a verification asks of an image, and what its answers mean (S16). */
import type { FaultCode } from './faults.ts'
import { FAULTS } from './faults.ts'

/** What the operator may choose; what is left out is the installation's. */
export interface VerifyOptions {
  /** `bytes`: only whether the image holds what was synced; nothing is booted, so nothing is Verified. */
  readonly part: 'all' | 'bytes'
  /** Instance types, tried in order while one is sold out. */
  readonly types: readonly string[] | null
  readonly zone: string | null
  readonly vSwitch: string | null
  /** How long the boot may take, and each check. */
  readonly timeoutMs: number | null
  /** The operator's own command; it passes when it ends with 0. */
  readonly check: string | null
  /** Give the test instance a public address and check that it gets out. */
  readonly publicNetwork: boolean
  /** Leave the test instance running afterwards. */
  readonly keepInstance: boolean
}

export const DEFAULT_OPTIONS: VerifyOptions = {
  part: 'all',
  types: null,
  zone: null,
  vSwitch: null,
  timeoutMs: null,
  check: null,
  publicNetwork: false,
  keepInstance: false,
}

/** `Bytes Proven` is said of a verification of the bytes alone; it is no verdict on the image. */
export const VERDICTS = ['Verified', 'Not Verified', 'Bytes Proven'] as const
export type Verdict = (typeof VERDICTS)[number]

/** One check in the booted instance: a script that passes when it ends with 0; what it writes is the evidence. */
export interface GuestCheck {
  readonly name: string
  readonly script: string
  readonly cause: FaultCode
}

/** Every file system of fstab that is mounted by itself must be, and `mount -a` must find nothing wrong. */
const DISKS = `mount -a; ended=$?
while read -r device where type options rest; do
  case "$device" in ''|\\#*) continue ;; esac
  case "$type" in swap|none) continue ;; esac
  case ",$options," in *,noauto,*|*,nofail,*) continue ;; esac
  if grep -q "^[^ ]* $where " /proc/mounts; then echo "$where is mounted ($device)"
  else echo "$where is not mounted ($device)"; ended=1; fi
done < /etc/fstab
exit $ended`

/** A request over HTTP with whatever the system has; 127 when it has nothing. \`$1\`: host, \`$2\`: path. */
const FETCH = `fetch() {
  if command -v curl >/dev/null; then curl -fsS -m 10 "http://$1$2"
  elif command -v wget >/dev/null; then wget -q -T 10 -t 1 -O - "http://$1$2"
  elif command -v bash >/dev/null; then
    timeout 10 bash -c 'exec 3<>"/dev/tcp/$0/80" && printf "GET %s HTTP/1.0\\r\\nHost: %s\\r\\n\\r\\n" "$1" "$0" >&3 &&
      head -1 <&3 | grep -E "^HTTP/[0-9.]+ [23]"' "$1" "$2"
  else echo 'there is no curl, wget or bash to ask with'; return 127; fi
}`

/** An interface with an address, and the cloud's own metadata service, which every instance reaches. */
const PRIVATE_NETWORK = `${FETCH}
ip -4 -o addr 2>/dev/null || hostname -I 2>/dev/null
for try in 1 2 3 4 5 6; do
  if fetch 100.100.100.200 /latest/meta-data/instance-id; then echo; echo 'the metadata service answers'; exit 0; fi
  sleep 2
done
echo 'the metadata service at 100.100.100.200 does not answer'; exit 1`

const PUBLIC_NETWORK = `${FETCH}
fetch www.aliyun.com / >/dev/null && echo 'www.aliyun.com answers'`

/** What is run in the booted instance, in this order. */
export function guestChecks(options: VerifyOptions): readonly GuestCheck[] {
  return [
    { name: 'disks of fstab', script: DISKS, cause: 'DISKS_NOT_MOUNTED' },
    { name: 'private network', script: PRIVATE_NETWORK, cause: 'NO_NETWORK' },
    ...(options.publicNetwork
      ? [{ name: 'public network', script: PUBLIC_NETWORK, cause: 'NO_NETWORK' } as const]
      : []),
    ...(options.check === null
      ? []
      : [{ name: 'own command', script: options.check, cause: 'CHECK_FAILED' } as const]),
  ]
}

/** The name of the check that a booted instance passes. */
export const BOOT = 'boot'

interface Told {
  readonly name: string
  readonly ok: boolean | null
}

/**
 * What the boot and the checks in the guest come to: the cause of the first that was not passed, or undefined when
 * all were. What has not been told was not passed; so nothing is Verified without a boot.
 */
export function causeOfBoot(options: VerifyOptions, told: readonly Told[]): FaultCode | undefined {
  const passed = (name: string): boolean => told.some((check) => check.name === name && check.ok === true)
  if (!passed(BOOT)) return 'NOT_BOOTED'
  return guestChecks(options).find(({ name }) => !passed(name))?.cause
}

/** The sentence for a verdict, with the cause in words. */
export function verdictTitle(subject: string, verdict: Verdict, cause: FaultCode | undefined): string {
  if (verdict === 'Bytes Proven') return `${subject} holds exactly the bytes that were synced`
  return cause === undefined ? `${subject} is ${verdict}` : `${subject} is ${verdict}: ${FAULTS[cause].title}`
}

/** The image that an instance of the ledger was made of, as its request names it (`image`: the cloud's id). */
export function imageOfRequest(request: Readonly<Record<string, unknown>>): string | undefined {
  return typeof request['image'] === 'string' ? request['image'] : undefined
}
