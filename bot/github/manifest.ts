/** The manifest of the GitHub App: GitHub makes the App of it, with the permissions of the calls and no others. */
import { permissions } from './calls.ts'
import { EVENTS } from './events.ts'

/** Where GitHub posts the webhooks of the App, under the URL of the bot. */
export const WEBHOOK_PATH = '/github/webhooks'

export interface Manifest {
  readonly name: string
  readonly url: string
  readonly description: string
  readonly public: false
  readonly hook_attributes: { readonly url: string; readonly active: true }
  readonly redirect_url?: string
  readonly default_permissions: ReturnType<typeof permissions>
  readonly default_events: readonly string[]
}

/** `url`: of the bot as GitHub reaches it. `redirect`: where GitHub then sends the one who makes the App. */
export function manifest(url: string, name = 'Ferry', redirect?: string): Manifest {
  return {
    ...{ name, url, public: false },
    description:
      'Moves running servers to Alibaba Cloud: commands in comments, guarded environments, checks.',
    hook_attributes: { url: `${url}${WEBHOOK_PATH}`, active: true },
    ...(redirect === undefined ? {} : { redirect_url: redirect }),
    default_permissions: permissions(),
    default_events: [...new Set(EVENTS.map((event) => event.split('.')[0] ?? event))],
  }
}
