import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { seeded } from './seeded.ts'

const WORDS = [
  'order',
  'paid',
  'shipped',
  'cart',
  'session',
  'user',
  'login',
  'cache',
  'miss',
  'stock',
  'price',
] as const
/** 2026-10-01: the files of a server that has been running for a while. */
const THEN = 1_790_812_800

/** Writes the files of a small web server below `root`: some thousands, text and incompressible bytes mixed. */
export function writeTree(
  root: string,
  request: { seed: string | number; bytes: number; uuid: string },
): { files: number } {
  const { seed, bytes, uuid } = request
  const source = seeded(seed, 'tree')
  let files = 0
  const folders = new Set<string>()
  const put = (path: string, content: string | Buffer) => {
    const target = join(root, path)
    const folder = dirname(target)
    if (!folders.has(folder)) mkdirSync(folder, { recursive: true })
    folders.add(folder)
    writeFileSync(target, content)
    utimesSync(target, THEN, THEN)
    files += 1
  }

  put('etc/hostname', 'web-01\n')
  put('etc/fstab', `UUID=${uuid} / ext4 defaults,noatime 0 1\n`)
  put('etc/os-release', 'NAME="Alibaba Cloud Linux"\nVERSION="3 (OpenAnolis Edition)"\nID="alinux"\n')
  put('etc/passwd', 'root:x:0:0:root:/root:/bin/bash\nwww:x:1000:1000::/srv/www:/sbin/nologin\n')
  put('etc/nginx/nginx.conf', 'worker_processes auto;\nhttp { server { listen 80; root /srv/www; } }\n')
  put('boot/vmlinuz-5.10.134', source.bytes(6_000_000))
  put('boot/initramfs-5.10.134.img', source.bytes(9_000_000))
  put(
    'boot/grub2/grub.cfg',
    'set timeout=1\nmenuentry "Linux" { linux /boot/vmlinuz-5.10.134 root=/dev/vda1 }\n',
  )
  for (let n = 0; n < 1800; n += 1) put(pagePath(n), webPage(source.pick(WORDS), n, source.below(3000)))
  for (let n = 0; n < 300; n += 1)
    put(`usr/lib/shop/module-${n}.so`, source.bytes(4096 + source.below(24_000)))
  for (let n = 0; n < 12; n += 1) put(`var/log/nginx/access.log.${n}`, logLines(seed, n, 6_000))

  // What is left of the budget goes to pictures, which do not compress: most bytes of most web servers.
  const rest = Math.max(0, bytes - 30_000_000)
  const size = 400_000
  for (let n = 0; n < Math.floor(rest / size); n += 1)
    put(`srv/www/media/${n % 10}/photo-${n}.jpg`, source.bytes(size))
  return { files }
}

function pagePath(n: number): string {
  return `srv/www/shop/${n % 40}/item-${n}.html`
}

function webPage(word: string, n: number, length: number): string {
  const text = `<p>Item ${n}: ${word} and more of it, while stocks last.</p>\n`
  return `<!doctype html><title>${word} ${n}</title>\n${text.repeat(1 + Math.floor(length / text.length))}`
}

/** Lines of an access log: they compress well, and no two files are alike. */
export function logLines(seed: string | number, file: number, lines: number): string {
  const source = seeded(seed, `log ${file}`)
  const random = source.bytes(lines * 4)
  const out: string[] = []
  for (let n = 0; n < lines; n += 1) {
    const [a = 0, b = 0, c = 0, d = 0] = random.subarray(n * 4, n * 4 + 4)
    const word = WORDS[a % WORDS.length] ?? ''
    out.push(
      `10.0.${a}.${b} - - [01/Oct/2026:${c % 24}:${d % 60}:00] "GET /shop/${word}/${b}" 200 ${a * d}\n`,
    )
  }
  return out.join('')
}
