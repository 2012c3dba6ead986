/** How the source gets its addresses, as far as the files of the usual managers say. */
import type { InspectResult } from '../../protocol/inspect.ts'
import { linesOf, settingsOf, type Root } from './root.ts'
import { outlineOf } from './outline.ts'

type Value<T> = T extends { value: infer V } ? V : never
type Network = Value<InspectResult['network']>
type Interface = Network['interfaces'][number]

const NAME_RULES = '/etc/udev/rules.d/70-persistent-net.rules'

export async function network(root: Root): Promise<Network> {
  const found = [
    ...(await interfacesFiles(root)),
    ...(await netplan(root)),
    ...(await networkManager(root)),
    ...(await networkd(root)),
    ...(await ifcfg(root)),
  ]
  const rules = linesOf(await root.text(NAME_RULES))
  return {
    interfaces: found.filter(({ name }) => name !== 'lo').slice(0, 200),
    nameRules: rules.some((line) => /ATTR\{address\}/.test(line)) ? NAME_RULES : null,
  }
}

async function filesIn(root: Root, folder: string, ending: string): Promise<string[]> {
  return (await root.list(folder)).filter((name) => name.endsWith(ending)).map((name) => `${folder}/${name}`)
}

/** Debian's own: `iface eth0 inet static`, what belongs to it below. */
async function interfacesFiles(root: Root): Promise<Interface[]> {
  const found: Interface[] = []
  for (const file of ['/etc/network/interfaces', ...(await filesIn(root, '/etc/network/interfaces.d', ''))]) {
    let last: Interface | undefined
    for (const line of linesOf(await root.text(file))) {
      const [, name, method] = /^iface\s+(\S+)\s+inet6?\s+(\S+)/.exec(line) ?? []
      const [, address] = /^address\s+(\S+)/.exec(line) ?? []
      const [, mac] = /^hwaddress\s+(?:ether\s+)?(\S+)/.exec(line) ?? []
      if (name !== undefined) {
        last = { name, method: method === 'static' ? 'static' : 'dhcp', address: null, mac: null, file }
        found.push(last)
      } else if (last !== undefined && address !== undefined) last.address = address
      else if (last !== undefined && mac !== undefined) last.mac = mac
    }
  }
  return found
}

/** Addresses under `network.<kind>.<name>.addresses`; those of name servers stand one level deeper. */
async function netplan(root: Root): Promise<Interface[]> {
  const found = new Map<string, Interface>()
  for (const file of await filesIn(root, '/etc/netplan', '.yaml'))
    for (const { path, value } of outlineOf(await root.text(file))) {
      const [top, kind, name, key, more] = path
      if (top !== 'network' || name === undefined || !/^(ethernets|bonds|bridges|vlans)$/.test(kind ?? ''))
        continue
      const one = found.get(name) ?? { name, method: 'dhcp', address: null, mac: null, file }
      found.set(name, one)
      if (key === 'addresses' && value !== '') Object.assign(one, { method: 'static', address: value })
      if (key === 'match' && more === 'macaddress' && value !== '') one.mac = value
    }
  return [...found.values()]
}

async function networkManager(root: Root): Promise<Interface[]> {
  const found: Interface[] = []
  for (const file of await filesIn(root, '/etc/NetworkManager/system-connections', '.nmconnection')) {
    const text = (await root.text(file)) ?? ''
    const settings = settingsOf(text)
    const [, method] = /\[ipv4\][^[]*?^method=(\w+)/ms.exec(text) ?? []
    found.push({
      name: settings['interface-name'] ?? settings['id'] ?? file,
      method: method === 'manual' ? 'static' : 'dhcp',
      address: settings['address1']?.split(',')[0] ?? null,
      mac: settings['mac-address'] ?? null,
      file,
    })
  }
  return found
}

async function networkd(root: Root): Promise<Interface[]> {
  const found: Interface[] = []
  for (const file of await filesIn(root, '/etc/systemd/network', '.network')) {
    const settings = settingsOf(await root.text(file))
    const { Name: name, Address: address, MACAddress: mac } = settings
    if (name === undefined && mac === undefined) continue
    found.push({
      name: name ?? mac ?? file,
      method: address === undefined ? 'dhcp' : 'static',
      address: address ?? null,
      mac: mac ?? null,
      file,
    })
  }
  return found
}

/** Red Hat's and SUSE's. */
async function ifcfg(root: Root): Promise<Interface[]> {
  const found: Interface[] = []
  for (const folder of ['/etc/sysconfig/network-scripts', '/etc/sysconfig/network'])
    for (const name of (await root.list(folder)).filter((each) => /^ifcfg-(?!lo$)[\w.-]+$/.test(each))) {
      const file = `${folder}/${name}`
      const settings = settingsOf(await root.text(file))
      const address = settings['IPADDR'] ?? settings['IPADDR0'] ?? null
      const isStatic = /^(static|none)$/i.test(settings['BOOTPROTO'] ?? '') && address !== null
      found.push({
        name: settings['DEVICE'] ?? name.slice('ifcfg-'.length),
        method: isStatic ? 'static' : 'dhcp',
        address,
        mac: settings['HWADDR'] ?? null,
        file,
      })
    }
  return found
}
