/** What on the source the cloud and its people have to get on with: SELinux, cloud-init, the Cloud Assistant, services. */
import type { InspectResult } from '../../protocol/inspect.ts'
import { outlineOf } from './outline.ts'
import { settingsOf, type Root } from './root.ts'

type Value<T> = T extends { value: infer V } ? V : never

export async function selinux(root: Root): Promise<Value<InspectResult['selinux']>> {
  const settings = settingsOf(await root.text('/etc/selinux/config'))
  const mode = settings['SELINUX']?.toLowerCase()
  const isKnown = mode === 'enforcing' || mode === 'permissive' || mode === 'disabled'
  return { mode: isKnown ? mode : 'absent', relabels: await root.exists('/.autorelabel') }
}

export async function cloudInit(root: Root): Promise<Value<InspectResult['cloudInit']>> {
  const main = await root.text('/etc/cloud/cloud.cfg')
  const more = (await root.list('/etc/cloud/cloud.cfg.d')).filter((name) => name.endsWith('.cfg'))
  const texts = [
    main,
    ...(await Promise.all(more.map((name) => root.text(`/etc/cloud/cloud.cfg.d/${name}`)))),
  ]
  // The last file that names them counts, as for cloud-init itself.
  const lists = texts.map((text) =>
    outlineOf(text).flatMap(({ path, value }) =>
      path[0] === 'datasource_list' && value !== '' ? [value] : [],
    ),
  )
  return {
    isInstalled: main !== undefined,
    isDisabled: await root.exists('/etc/cloud/cloud-init.disabled'),
    datasources: lists.filter((list) => list.length > 0).at(-1) ?? null,
  }
}

const ASSISTANT = [
  '/etc/systemd/system/aliyun.service',
  '/usr/lib/systemd/system/aliyun.service',
  '/lib/systemd/system/aliyun.service',
  '/etc/init.d/aliyun-service',
  '/usr/local/share/aliyun-assist',
]

export async function assistant(root: Root): Promise<Value<InspectResult['assistant']>> {
  for (const at of ASSISTANT) if (await root.exists(at)) return { isInstalled: true, at }
  return { isInstalled: false, at: null }
}

const UNITS = '/etc/systemd/system'

/** The services that are enabled: those that a target wants, by their names without `.service`. */
export async function services(root: Root): Promise<Value<InspectResult['services']>> {
  const targets = (await root.list(UNITS)).filter((name) => name.endsWith('.target.wants'))
  const wanted = await Promise.all(targets.map((target) => root.list(`${UNITS}/${target}`)))
  const names = wanted.flat().filter((name) => name.endsWith('.service'))
  return [...new Set(names.map((name) => name.slice(0, -'.service'.length)))].sort()
}
