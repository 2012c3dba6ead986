/**
 * The sandbox as a program: prints one line of JSON when it is ready and stops on SIGTERM or SIGINT. Machines are
 * switched off then, unless `--keep-machines`; when the program is killed instead, they live on and are adopted.
 */
import { parseArgs } from 'node:util'
import { startSandbox } from './server.ts'

const { values } = parseArgs({
  options: {
    home: { type: 'string' },
    host: { type: 'string' },
    port: { type: 'string' },
    region: { type: 'string' },
    zone: { type: 'string', multiple: true },
    /** `id:secret`; may be repeated. */
    'access-key': { type: 'string', multiple: true },
    speed: { type: 'string' },
    'sold-out': { type: 'string', multiple: true },
    'no-data-disk-images': { type: 'boolean' },
    'keep-machines': { type: 'boolean' },
    /** As where no emulator is installed: instances of one's own images run and do nothing. */
    'no-emulator': { type: 'boolean' },
    /** Another program than the QEMU that is installed. */
    emulator: { type: 'string' },
  },
})

if (values.home === undefined) {
  console.error('--home names the folder that the sandbox keeps everything in.')
  process.exit(2)
}

const accessKeys = values['access-key']?.map((pair) => {
  const [id = '', ...secret] = pair.split(':')
  return { id, secret: secret.join(':') }
})
const sandbox = await startSandbox({
  home: values.home,
  whitelistDataDiskImages: values['no-data-disk-images'] !== true,
  ...(values.emulator === undefined ? {} : { emulator: values.emulator }),
  ...(values['no-emulator'] === true ? { emulator: false as const } : {}),
  ...(values.host === undefined ? {} : { host: values.host }),
  ...(values.port === undefined ? {} : { port: Number(values.port) }),
  ...(values.region === undefined ? {} : { region: values.region }),
  ...(values.zone === undefined ? {} : { zones: values.zone }),
  ...(accessKeys === undefined ? {} : { accessKeys }),
  ...(values.speed === undefined ? {} : { speed: Number(values.speed) }),
  ...(values['sold-out'] === undefined ? {} : { soldOut: values['sold-out'] }),
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    const keepMachines = values['keep-machines'] === true
    void sandbox.stop({ keepMachines }).then(() => process.exit(0))
  })
}

const { endpoint, url, home, region, zones, vpc, vSwitch, securityGroup, baseImage } = sandbox
console.log(
  JSON.stringify({
    endpoint,
    url,
    home,
    region,
    zones,
    vpc,
    vSwitch,
    securityGroup,
    baseImage,
    pid: process.pid,
  }),
)
