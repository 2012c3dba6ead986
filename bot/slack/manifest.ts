/** The Slack app that Ferry needs: what `npm run slack:manifest` prints, generated from the catalogue. */
import { catalogue } from '../../core/commands/catalogue.ts'

export const BOT_SCOPES = [
  'app_mentions:read',
  'channels:history',
  'channels:read',
  'chat:write',
  'chat:write.public',
  'commands',
  'files:write',
  'groups:history',
  'groups:read',
  'im:history',
  'im:write',
] as const

export const EVENTS = ['app_home_opened', 'app_mention', 'app_uninstalled', 'tokens_revoked'] as const

const HINT = 1000

/** `usage_hint`: the commands in the order of help, as many as Slack takes. */
function usageHint(): string {
  let hint = ''
  for (const { name } of catalogue) {
    const longer = hint === '' ? name : `${hint} | ${name}`
    if (longer.length <= HINT) hint = longer
  }
  return hint
}

/** `url`: where Slack reaches the bot; undefined for Socket Mode. `isOAuth`: installed in several workspaces. */
export function slackManifest(url: string | undefined, isOAuth = false) {
  const request_url = url === undefined ? undefined : `${url}/slack/events`
  const at = request_url === undefined ? {} : { request_url }
  return {
    display_information: {
      name: 'Ferry',
      description: 'Moves running servers to Alibaba Cloud',
      long_description:
        'Ferry moves running servers to Alibaba Cloud. Run a cutover window from a channel: `/ferry` asks and changes, ' +
        'buttons offer what is legal now, approvals are cards, syncs are messages that are kept true, and the Home ' +
        'shows the whole fleet. ' +
        'Who may do what is settled in the policy file of your bot, not in Slack.',
      background_color: '#14324a',
    },
    features: {
      app_home: { home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: true },
      bot_user: { display_name: 'Ferry', always_online: true },
      shortcuts: [
        {
          type: 'global' as const,
          name: 'Create a migration job',
          callback_id: 'create',
          description: 'Make a migration job for an enrolled source',
        },
        {
          type: 'global' as const,
          name: 'Complete a migration',
          callback_id: 'complete',
          description: 'End a migration for good, after one last sync',
        },
      ],
      slash_commands: [
        {
          command: '/ferry',
          description: 'Ask or change a migration; /ferry help lists all',
          usage_hint: usageHint(),
          should_escape: true,
          ...(request_url === undefined ? {} : { url: request_url }),
        },
      ],
    },
    oauth_config: {
      ...(isOAuth && url !== undefined ? { redirect_urls: [`${url}/slack/oauth_redirect`] } : {}),
      scopes: { bot: [...BOT_SCOPES] },
    },
    settings: {
      event_subscriptions: { ...at, bot_events: [...EVENTS] },
      interactivity: {
        is_enabled: true,
        ...at,
        ...(request_url === undefined ? {} : { message_menu_options_url: request_url }),
      },
      org_deploy_enabled: false,
      socket_mode_enabled: url === undefined,
      token_rotation_enabled: false,
    },
  }
}
