/**
 * A Debian system as the disks of a source: built by debootstrap from the mirror that this machine's apt uses, with
 * Debian's kernel, GRUB and systemd, nginx, and a data disk that fstab mounts by its UUID. It carries QEMU's guest
 * agent, which is the Cloud Assistant of the local cloud. Nothing of Ferry is in it.
 */
import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { machineTmpdir } from './run-directory.ts'
import { MIB } from './source-disks.ts'

const SYSTEM_MIB = 640
const DATA_MIB = 64
const FIRST_PARTITION = MIB
const SYSTEM_UUID = '6f1c2f3a-7c1d-4b5e-9a44-0d2f3b9c7e10'
const DATA_UUID = 'b1f0a0de-51d0-4c1b-8a3e-3f6a7cf0d27e'
const PACKAGES = ['linux-image-cloud-amd64', 'systemd-sysv', 'udev', 'qemu-guest-agent', 'nginx-light']
const GRUB = '/usr/lib/grub/i386-pc'
const GRUB_MODULES = 'biosdisk part_msdos ext2 search search_fs_uuid configfile linux normal serial terminal'

/** What a test boot does not need; emulated, each costs a second. */
const MASKED = [
  ...['apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'e2scrub_all.timer'],
  ...['e2scrub_reap.service', 'fstrim.timer', 'systemd-networkd-wait-online.service', 'getty@tty1.service'],
  ...['systemd-pstore.service', 'modprobe@drm.service', 'sys-kernel-debug.mount', 'dev-mqueue.mount'],
]

/** Files that are there before the first package: dpkg and the kernel's installer read them. */
const BEFORE: Readonly<Record<string, string>> = {
  'etc/dpkg/dpkg.cfg.d/small': `force-unsafe-io\n${['doc', 'man', 'locale', 'info', 'bash-completion']
    .map((folder) => `path-exclude=/usr/share/${folder}/*\n`)
    .join('')}`,
  'etc/initramfs-tools/conf.d/small': 'MODULES=list\nCOMPRESS=gzip\n',
  'etc/initramfs-tools/modules': 'virtio_pci\nvirtio_blk\next4\n',
}

const AFTER: Readonly<Record<string, string>> = {
  'etc/hostname': 'debian\n',
  'etc/fstab': `UUID=${SYSTEM_UUID} / ext4 errors=remount-ro 0 1\nUUID=${DATA_UUID} /srv ext4 defaults 0 2\n`,
  'etc/systemd/network/any.network': '[Match]\nName=e*\n[Network]\nDHCP=ipv4\n',
  'boot/grub/grub.cfg': [
    'serial --unit=0 --speed=115200',
    'terminal_output serial',
    `linux /vmlinuz root=UUID=${SYSTEM_UUID} ro console=ttyS0 quiet`,
    'initrd /initrd.img',
    'boot\n',
  ].join('\n'),
}

interface DebianDisks {
  readonly system: string
  readonly data: string
}

/** Why the system cannot be built or booted on this machine; undefined when it can. */
export function debianObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can unpack a system with its owners and devices'
  for (const tool of ['qemu-system-x86_64', 'debootstrap', 'mke2fs', 'grub-mkimage'])
    if (!hasTool(tool)) return `${tool} is not installed`
  if (!existsSync(join(GRUB, 'boot.img'))) return 'GRUB for BIOS (grub-pc-bin) is not installed'
  return mirror() === undefined ? 'apt names no Debian mirror here' : undefined
}

/**
 * Puts the disks into a directory, as sparse files that the caller may change. The first call on a machine builds
 * them, which takes about a minute; they are kept in the temporary directory under the digest of their recipe.
 */
export async function buildDebianDisk(directory: string): Promise<DebianDisks> {
  const cache = join(machineTmpdir(), 'ferry-debian', recipe())
  await alone(`${cache}.lock`, async () => {
    if (!existsSync(cache)) await build(cache)
  })
  mkdirSync(directory, { recursive: true })
  const disks = { system: join(directory, 'system.raw'), data: join(directory, 'data.raw') }
  for (const [name, path] of Object.entries(disks))
    await run('cp', ['--reflink=auto', '--sparse=always', join(cache, `${name}.raw`), path])
  return disks
}

/** Whatever changes the system changes its digest: this file is the recipe. */
function recipe(): string {
  return createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .digest('hex')
    .slice(0, 16)
}

async function build(cache: string): Promise<void> {
  const { site, release } = mirror() ?? { site: '', release: '' }
  const work = `${cache}.part`
  rmSync(work, { recursive: true, force: true })
  const root = join(work, 'root')
  write(root, BEFORE)
  const debs = join(dirname(cache), 'packages')
  mkdirSync(debs, { recursive: true })
  const what = ['--variant=minbase', `--include=${PACKAGES.join(',')}`, `--cache-dir=${debs}`]
  await run('debootstrap', [...what, release, root, site])
  write(root, AFTER)
  for (const unit of MASKED) symlinkSync('/dev/null', join(root, 'etc/systemd/system', unit))
  await run('chroot', [root, 'systemctl', 'enable', 'systemd-networkd', 'nginx'])
  for (const surplus of ['var/cache/apt', 'var/lib/apt/lists', 'var/log/bootstrap.log'])
    rmSync(join(root, surplus), { recursive: true, force: true })
  await makeSystemDisk(work, root)
  const data = join(work, 'data.raw')
  writeFileSync(data, '')
  truncateSync(data, DATA_MIB * MIB)
  const notes = join(work, 'data')
  write(notes, { 'orders.csv': 'number,amount\n1,10\n2,20\n' })
  await run('mke2fs', ['-q', '-F', '-t', 'ext4', '-U', DATA_UUID, '-d', notes, data])
  for (const folder of [root, notes]) rmSync(folder, { recursive: true })
  renameSync(work, cache)
}

/** An MBR with GRUB before the first partition, as `grub-install` puts it; no disk needs to be mounted for it. */
async function makeSystemDisk(work: string, root: string): Promise<void> {
  const disk = join(work, 'system.raw')
  writeFileSync(disk, '')
  truncateSync(disk, SYSTEM_MIB * MIB)
  const early = join(work, 'early.cfg')
  writeFileSync(early, `search.fs_uuid ${SYSTEM_UUID} root\nconfigfile ($root)/boot/grub/grub.cfg\n`)
  const core = join(work, 'core.img')
  await run('grub-mkimage', [
    '-O',
    'i386-pc',
    '-p',
    '/boot/grub',
    '-c',
    early,
    '-o',
    core,
    ...GRUB_MODULES.split(' '),
  ])
  if (statSync(core).size > FIRST_PARTITION - 512) throw new Error('GRUB does not fit before the partition')
  const sector = Buffer.alloc(512)
  readFileSync(join(GRUB, 'boot.img')).copy(sector, 0, 0, 440)
  sector.set([0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff], 446)
  sector.writeUInt32LE(FIRST_PARTITION / 512, 454)
  sector.writeUInt32LE((SYSTEM_MIB * MIB - FIRST_PARTITION) / 512, 458)
  sector.writeUInt16LE(0xaa55, 510)
  const file = openSync(disk, 'r+')
  writeSync(file, Buffer.concat([sector, readFileSync(core)]), 0, undefined, 0)
  closeSync(file)
  const size = `${(SYSTEM_MIB * MIB - FIRST_PARTITION) / 1024}k`
  const place = ['-E', `offset=${FIRST_PARTITION}`, '-U', SYSTEM_UUID, '-d', root]
  await run('mke2fs', ['-q', '-F', '-t', 'ext4', ...place, disk, size])
}

/** The mirror of this machine's own release, as apt is configured; undefined where that is not Debian. */
function mirror(): { readonly site: string; readonly release: string } | undefined {
  const release = /^ID=debian$/m.test(read('/etc/os-release'))
    ? /^VERSION_CODENAME=(.+)$/m.exec(read('/etc/os-release'))?.[1]
    : undefined
  if (release === undefined || !hasTool('apt-get')) return undefined
  const wanted = ['Created-By: Packages', `Release: ${release}`, 'Component: main']
  const sites = execFileSync('apt-get', ['indextargets', '--format', '$(SITE)', ...wanted], {
    encoding: 'utf8',
  })
  const site = sites.split('\n')[0]?.trim()
  return site ? { site, release } : undefined
}

/** One builder at a time on this machine; others wait. A lock whose holder has died counts for nothing. */
async function alone(lock: string, work: () => Promise<void>): Promise<void> {
  mkdirSync(dirname(lock), { recursive: true })
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const holder = read(lock)
      if (holder !== '' && !existsSync(`/proc/${holder}`)) rmSync(lock, { force: true })
      else await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  try {
    await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), content)
  }
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const proxy = aptProxy()
  const env = {
    ...process.env,
    ...(proxy === '' ? {} : { http_proxy: proxy }),
    DEBIAN_FRONTEND: 'noninteractive',
  }
  try {
    await promisify(execFile)(program, args, { env, maxBuffer: 64 * MIB })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    const told = `${stdout ?? ''}\n${stderr ?? ''}`.trim().split('\n').slice(-15)
    throw new Error(`${program} failed:\n${told.join('\n')}`, { cause: error })
  }
}

function aptProxy(): string {
  const told = execFileSync('apt-config', ['shell', 'PROXY', 'Acquire::http::Proxy'], { encoding: 'utf8' })
  return /^PROXY='(.*)'$/m.exec(told)?.[1] ?? ''
}

function hasTool(name: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(':')
  return folders.some((folder) => existsSync(join(folder, name)))
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
