/**
 * The first thing an intermediate runs: a shell script that fetches the receiver from the bot by its digest, with a
 * one-time token, and starts it. The machine's facts come from the environment where they differ from a cloud
 * server's: FERRY_HOME (its persistent directory), FERRY_DEV (where its data disks are), FERRY_LISTEN (its address).
 * It may run at every boot; each line may be repeated.
 */
export interface UserData {
  readonly mode: 'receive' | 'inspect'
  readonly server: string
  readonly token: string
  readonly port: number
  readonly receiverDigest: string
  readonly nodeDigest: string
  readonly disks: readonly {
    readonly index: number
    readonly device: string
    readonly sizeBytes: number
    readonly blank: boolean
  }[]
}

/** `vdb` for the first data disk: the device that Linux gives the disk at this place. */
export function dataDevice(place: number): string {
  return `vd${String.fromCharCode('b'.charCodeAt(0) + place)}`
}

/** The script. Everything in it comes from the bot; nothing that a person typed is put between its lines. */
export function userData(data: UserData): string {
  const { mode, server, token, port, disks } = data
  const config = JSON.stringify({ mode, server, token, port, disks })
  return `#!/bin/sh
# Ferry: starts the receiver on this machine.
set -eu
umask 077
home=\${FERRY_HOME:-/var/lib/ferry}
mkdir -p "$home"
cd "$home"
cat > receiver.json.new <<'CONFIG'
${config}
CONFIG
mv receiver.json.new receiver.json
export FERRY_TOKEN='${token}'
has() { echo "$2  $1" | sha256sum -c >/dev/null 2>&1; }
get() { # name digest: fetches a file once, and keeps it only if its digest is right
  has "$1" "$2" && return
  url="${server}/api/bundles/$1/$2"
  tries=0
  until { if [ -n "$node" ]; then "$node" -e "$fetch" "$url" "$1.new"
          elif command -v curl >/dev/null; then curl -fsS -H "authorization: Bearer $FERRY_TOKEN" -o "$1.new" "$url"
          else wget -q --header "authorization: Bearer $FERRY_TOKEN" -O "$1.new" "$url"; fi; } && has "$1.new" "$2"; do
    tries=$((tries + 1)); [ "$tries" -lt 60 ] || exit 1
    sleep 2
  done
  mv "$1.new" "$1"
}
fetch='const [url, file] = process.argv.slice(1)
fetch(url, { headers: { authorization: "Bearer " + process.env.FERRY_TOKEN } }).then(async (reply) => {
  if (!reply.ok) throw new Error(String(reply.status))
  require("fs").writeFileSync(file, Buffer.from(await reply.arrayBuffer()))
}).catch((error) => { console.error(String(error)); process.exit(1) })'
node=$(command -v node || true)
case $([ -n "$node" ] && "$node" -p 'process.versions.node.split(".")[0] >= 20') in
  true) ;;
  *) node=''; get node ${data.nodeDigest}; chmod 700 node; node="$home/node" ;;
esac
get ferry-receiver.mjs ${data.receiverDigest}
if [ -z "\${FERRY_HOME:-}" ] && [ -d /run/systemd/system ]; then
  cat > /etc/systemd/system/ferry-receiver.service <<UNIT
[Unit]
Description=Ferry receiver
After=network-online.target
[Service]
ExecStart=$node $home/ferry-receiver.mjs
Restart=on-failure
RestartSec=2
[Install]
WantedBy=multi-user.target
UNIT
  systemctl daemon-reload
  systemctl enable --now ferry-receiver.service
else
  exec "$node" ferry-receiver.mjs
fi
`
}
