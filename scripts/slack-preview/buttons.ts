/** The buttons that carry references, which only a running bot can make: here with ones that mean nothing. */
import type { Button } from '../../bot/slack/render/blocks.ts'
import { button } from '../../bot/slack/render/blocks.ts'

export function slackDoorButtons(kind: 'approval' | 'confirm'): readonly Button[] {
  return kind === 'approval'
    ? [button('ref:approve', 'Approve', 'r', 'primary'), button('ref:deny', 'Deny…', 'r', 'danger')]
    : [button('ref:confirm', 'Yes, clear db-02', 'r', 'danger'), button('leave', 'Leave it', 'leave')]
}
