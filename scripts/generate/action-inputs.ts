import { stringify } from 'yaml'
import { OWN_INPUTS } from '../../action/inputs.ts'
import { catalogue } from '../../core/commands/catalogue.ts'

interface Input {
  readonly description: string
  readonly required: boolean
  readonly default?: string
}

/** Given to the Action inside `command`, as a line: `help interval`. */
const IN_THE_LINE = ['command']

/** The inputs of action.yml: the Action's own, then every argument that some command takes. */
export function actionInputs(): Readonly<Record<string, Input>> {
  const own: Record<(typeof OWN_INPUTS)[number], Input> = {
    'server-url': {
      description: 'The URL of your Ferry bot, such as https://ferry.example.com',
      required: true,
    },
    token: { description: 'Your Ferry token; keep it in a secret of the repository', required: true },
    command: {
      description: `What to do: ${catalogue.map((command) => command.name).join(', ')}; or a whole line such as "status web-01"`,
      required: true,
    },
    confirm: { description: 'true confirms what cannot be taken back', required: false, default: 'false' },
  }
  const inputs: Record<string, Input> = { ...own }
  for (const key of new Set(catalogue.flatMap((command) => Object.keys(command.args)))) {
    if (IN_THE_LINE.includes(key)) continue
    if (OWN_INPUTS.some((name) => name === key))
      throw new Error(`The argument ${key} has the name of an input of the Action itself.`)
    const users = catalogue.filter((command) => key in command.args)
    const describe = [...new Set(users.map((command) => command.args[key]?.describe ?? ''))]
    inputs[key] = {
      description: `${describe.join('; ')} (${users.map((command) => command.name).join(', ')})`,
      required: false,
    }
  }
  return inputs
}

/** The whole of action.yml. */
export function actionYaml(): string {
  const action = {
    name: 'Ferry',
    description: 'Drive migrations of running servers to Alibaba Cloud from a workflow',
    branding: { icon: 'truck', color: 'orange' },
    inputs: actionInputs(),
    outputs: {
      decision: { description: 'done, accepted (it goes on, or waits for approval) or refused' },
      'reason-code': { description: 'A stable word for the reason, such as sync-started or not-legal-now' },
      state: { description: 'The state of the job, such as waiting; empty when the reply is about no job' },
      result: { description: 'The whole reply as JSON' },
    },
    runs: { using: 'node24', main: 'action/dist/index.cjs' },
  }
  return `# Written by \`npm run generate\` from the catalogue of commands.\n${stringify(action, { lineWidth: 0 })}`
}
