/** The installation by OAuth: two pages, on which Bolt does the work. */
import { createHmac } from 'node:crypto'

export const INSTALL_PATH = '/slack/install'
export const REDIRECT_PATH = '/slack/oauth_redirect'

/** Where people agree; of Slack itself, or of what stands in for it in tests. */
function authorizeUrl(apiUrl: string): string {
  return new URL(apiUrl).hostname === 'slack.com'
    ? 'https://slack.com/oauth/v2/authorize'
    : new URL('/oauth/v2/authorize', apiUrl).href
}

/** The state that goes out and must come back is signed with a secret that no other use of the key shows. */
export function deriveState(sealKey: Buffer): string {
  return createHmac('sha256', sealKey).update('slack oauth state').digest('hex')
}

export function installPage(apiUrl: string) {
  return {
    installPath: INSTALL_PATH,
    redirectUriPath: REDIRECT_PATH,
    // Straight to Slack: there is nothing to read on a page of ours.
    directInstall: true,
    authorizationUrl: authorizeUrl(apiUrl),
    clientOptions: { slackApiUrl: apiUrl, retryConfig: { retries: 0 } },
  }
}
