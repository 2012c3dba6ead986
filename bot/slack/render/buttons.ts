/** What can be asked next, as buttons. What a button means is in its action's id; see actions.ts. */
import type { NextStep } from '../../../core/commands/reply.ts'
import type { Button } from './blocks.ts'
import { button, LIMITS } from './blocks.ts'

/** More than these are a wall; the rest can be typed. */
const MOST = 8

/** Commands that are better asked by a form, since they have more to say than yes. */
const BY_FORM: ReadonlySet<string> = new Set(['complete', 'verify', 'interval', 'create', 'deny', 'clone'])

export function needsForm(line: string): boolean {
  return line.includes('…') || BY_FORM.has(line.split(' ')[0] ?? '')
}

/**
 * Buttons of next steps, in order. A step of another's decision is not among them: those carry references, which
 * whoever shows the request makes (approval.ts).
 */
export function stepButtons(steps: readonly NextStep[]): readonly Button[] {
  const shown = steps.flatMap(decided).filter(({ command }) => command.length <= LIMITS.value)
  return shown.slice(0, MOST).map((step, at) => stepButton(step, at))
}

/** Nobody decides on a request without having seen what it is given on: the button shows that first. */
export function decided(step: NextStep): readonly NextStep[] {
  const number = /^approve ([0-9]+)$/.exec(step.command)?.[1]
  if (number !== undefined)
    return [{ label: `decide on ${number}`, command: `request ${number}`, effect: 'read' }]
  return /^deny [0-9]+/.test(step.command) ? [] : [step]
}

export function stepButton({ label, command, effect }: NextStep, at: number): Button {
  const isForm = needsForm(command)
  const words = `${label.slice(0, 1).toUpperCase()}${label.slice(1)}${isForm || effect === 'final' ? '…' : ''}`
  return button(
    `${isForm ? 'form' : 'run'}:${at}`,
    words,
    command.replaceAll(/\s*\S*…\S*/g, ''),
    // Red is kept for the button that does it; these lead to the question first.
    command.startsWith('retry ') ? 'primary' : undefined,
  )
}
