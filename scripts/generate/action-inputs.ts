import { stringify } from 'yaml'
import { DEFAULTS, OWN_INPUTS } from '../../action/inputs.ts'
import { OUTPUTS } from '../../action/outputs.ts'
import { catalogue } from '../../core/commands/catalogue.ts'

interface Input {
  readonly description: string
  readonly required: boolean
  readonly default?: string
}

/** Given to the Action inside `command`, as a line: `help interval`, `verify web-01 timeout=20m`. */
const IN_THE_LINE = ['command', 'timeout']
const NEEDED = ['server-url', 'command']

/** The inputs of action.yml: the Action's own, then every argument that some command takes. */
export function actionInputs(): Readonly<Record<string, Input>> {
  const inputs: Record<string, Input> = {}
  for (const [name, description] of Object.entries(OWN_INPUTS)) {
    const value = DEFAULTS[name as keyof typeof OWN_INPUTS]
    inputs[name] = {
      description: name === 'command' ? commandWords() : description,
      required: NEEDED.includes(name),
      ...(value === undefined ? {} : { default: value }),
    }
  }
  for (const key of new Set(catalogue.flatMap((command) => Object.keys(command.args)))) {
    if (IN_THE_LINE.includes(key)) continue
    if (key in OWN_INPUTS)
      throw new Error(`The argument ${key} has the name of an input of the Action itself.`)
    const users = catalogue.filter((command) => key in command.args)
    const meanings = new Map<string, string[]>()
    for (const { name, args } of users) {
      const { describe = '', shape = '' } = args[key] ?? {}
      const meaning = `${describe} [${shape || 'true|false'}]`
      meanings.set(meaning, [...(meanings.get(meaning) ?? []), name])
    }
    const description = [...meanings].map(([meaning, names]) => `${names.join(', ')}: ${meaning}`).join('; ')
    inputs[key] = { description, required: false }
  }
  return inputs
}

const commandWords = (): string =>
  `What to do: ${catalogue.map((command) => command.name).join(', ')}; or a whole line such as "status web-01"`

/** The whole of action.yml. */
export function actionYaml(): string {
  const action = {
    name: 'Ferry',
    description: 'Drive migrations of running servers to Alibaba Cloud from a workflow',
    branding: { icon: 'truck', color: 'orange' },
    inputs: actionInputs(),
    outputs: Object.fromEntries(
      Object.entries(OUTPUTS).map(([name, description]) => [name, { description }]),
    ),
    runs: {
      using: 'node24',
      main: 'action/dist/index.cjs',
      post: 'action/dist/index.cjs',
      'post-if': 'always()',
    },
  }
  return `# Written by \`npm run generate\` from the catalogue of commands.\n${stringify(action, { lineWidth: 0 })}`
}
