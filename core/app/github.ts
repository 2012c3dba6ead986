/** What the GitHub door asks of Ferry beside commands. */
import type { Approval } from '../domain/approval.ts'
import { gateLine, isGuarded, isListenedTo, issuerOf } from '../domain/github-policy.ts'
import type { Person, Policy } from '../domain/policy.ts'
import type { Gates, Inbox } from '../ports/github.ts'
import type { Store } from '../ports/store.ts'
import { personOfGitHub } from './people.ts'

export type { Approval } from '../domain/approval.ts'
export type { Person } from '../domain/policy.ts'
export type { Delivery, Gate, TakenDelivery } from '../ports/github.ts'

export interface GitHubDesk {
  /** The GitHub that the App is of, as the tokens of its runs name it. */
  issuer(): string
  readonly inbox: Inbox
  readonly gates: Gates
  approval(number: number): Promise<Approval | undefined>
  /** Nobody is left who would carry it out: a run was cancelled while it waited. Repeatable. */
  abandon(number: number): Promise<void>
  /** The person that an account of GitHub is: by its number, else by its login. */
  person(account: { readonly id: number; readonly login: string }): Person | undefined
  /** Whether comments of a repository are obeyed. */
  listensTo(repository: string, isPublic: boolean): boolean
  isGuarded(repository: string, environment: string): boolean
  /** The repositories with environments that Ferry guards, each once. */
  guarded(): readonly string[]
  gateLine: (asked: Parameters<typeof gateLine>[1]) => ReturnType<typeof gateLine>
}

export function createGitHubDesk(
  store: Pick<Store, 'inbox' | 'gates' | 'approvals'>,
  policy: () => Policy,
): GitHubDesk {
  return {
    issuer: () => issuerOf(policy()),
    inbox: store.inbox,
    gates: store.gates,
    approval: (number) => store.approvals.byNumber(number),
    abandon: (number) =>
      store.approvals.abandon(number, {
        actor: { person: 'ferry', door: 'github' },
        action: 'gate',
        outcome: 'void: the workflow run is over',
        facts: { request: number },
      }),
    person: (account) => personOfGitHub(policy(), account),
    listensTo: (repository, isPublic) => isListenedTo(policy().github, repository, isPublic),
    isGuarded: (repository, environment) => isGuarded(policy().github, repository, environment),
    guarded: () => [...new Set(policy().github.gates.map(({ repository }) => repository))],
    gateLine: (asked) => gateLine(policy().github, asked),
  }
}
