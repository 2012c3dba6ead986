/** docs/action.md: written by hand but for the tables of inputs and outputs. */
import { OWN_INPUTS } from '../../action/inputs.ts'
import { OUTPUTS } from '../../action/outputs.ts'
import { actionInputs } from './action-inputs.ts'
import { table } from './docs.ts'

export function actionPage(text: string): string {
  const inputs = actionInputs()
  const rows = Object.keys(OWN_INPUTS).map((name) => {
    const { description = '', required = false, default: value } = inputs[name] ?? {}
    const meaning =
      name === 'command' ? 'What to do: a command, or a whole line such as `status web-01`' : description
    return [`\`${name}\``, required ? 'needed' : value === undefined ? '' : `\`${value}\``, meaning]
  })
  const outputs = Object.entries(OUTPUTS).map(([name, meaning]) => [`\`${name}\``, meaning])
  return between(
    between(text, 'inputs', table(['input', 'default', 'meaning'], rows)),
    'outputs',
    table(['output', 'meaning'], outputs),
  )
}

/** Puts `made` between `<!-- name -->` and `<!-- end of name -->`; throws when they are not there. */
function between(text: string, name: string, made: string): string {
  const place = new RegExp(`(<!-- ${name} -->)[\\s\\S]*(<!-- end of ${name} -->)`)
  if (!place.test(text)) throw new Error(`docs/action.md has no place for its ${name}.`)
  return text.replace(place, (_all, from: string, to: string) => `${from}\n\n${made}\n\n${to}`)
}
