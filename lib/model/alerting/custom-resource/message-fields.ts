import type { DiscordOptions } from '../integrations/discord';
import type { MsTeamsOptions, MsTeamsV2Options } from '../integrations/ms-teams';
import type { RocketchatOptions } from '../integrations/rocketchat';
import type { SlackAction, SlackOptions } from '../integrations/slack';
import type { TelegramOptions } from '../integrations/telegram';
import type { WebexOptions } from '../integrations/webex';
import type { WechatOptions } from '../integrations/wechat';
import { address, duration, link, missing, notifier, type OptionFields, same, secret, unusable } from './option-field';

/** Messages to Slack. */
export const slack: OptionFields<SlackOptions> = {
  ...notifier,
  apiUrl: secret('apiURL'),
  appToken: missing('Use apiUrl, an incoming webhook.'),
  appUrl: missing('Use apiUrl, an incoming webhook.'),
  channel: same('channel'),
  username: same('username'),
  color: same('color'),
  title: same('title'),
  titleLink: same('titleLink'),
  pretext: same('pretext'),
  text: same('text'),
  messageText: same('messageText'),
  fields: same('fields'),
  shortFields: same('shortFields'),
  footer: same('footer'),
  fallback: same('fallback'),
  callbackId: same('callbackId'),
  iconEmoji: same('iconEmoji'),
  iconUrl: same('iconURL'),
  imageUrl: same('imageURL'),
  thumbUrl: same('thumbURL'),
  linkNames: same('linkNames'),
  mrkdwnIn: same('mrkdwnIn'),
  actions: same<readonly SlackAction[]>('actions'),
  timeout: duration('timeout'),
};

/** Cards in Microsoft Teams, by a workflow. */
export const msteamsv2: OptionFields<MsTeamsV2Options> = {
  ...notifier,
  webhookUrl: secret('webhookURL'),
  title: same('title'),
  text: same('text'),
};

/** Cards in Microsoft Teams, by a connector. */
export const msteams: OptionFields<MsTeamsOptions> = {
  ...msteamsv2,
  webhookUrl: secret('webhookUrl'),
  summary: same('summary'),
};

/** Messages in Discord. */
export const discord: OptionFields<DiscordOptions> = {
  ...notifier,
  webhookUrl: secret('apiURL'),
  title: same('title'),
  message: same('message'),
  content: same('content'),
  username: same('username'),
  avatarUrl: address('avatarURL'),
};

/** Messages in Telegram. */
export const telegram: OptionFields<TelegramOptions> = {
  ...notifier,
  botToken: secret('botToken'),
  chatId: (chatId, property, context) =>
    typeof chatId === 'number'
      ? { chatID: chatId }
      : missing('Write the number of the chat; it is no secret without the token.')(chatId, property, context),
  messageThreadId: same('messageThreadID'),
  apiUrl: address('apiURL'),
  message: same('message'),
  disableNotifications: same('disableNotifications'),
  parseMode: (mode, property, context) =>
    mode === ''
      ? missing('Plain text is not offered: use HTML, Markdown or MarkdownV2.')(mode, property, context)
      : { parseMode: mode },
};

/** Messages in Webex. */
export const webex: OptionFields<WebexOptions> = {
  ...notifier,
  roomId: same('roomID'),
  apiUrl: address('apiURL'),
  message: same('message'),
};

/** Messages in WeChat. */
export const wechat: OptionFields<WechatOptions> = {
  ...notifier,
  apiSecret: secret('apiSecret'),
  apiUrl: address('apiURL'),
  corpId: same('corpID'),
  message: same('message'),
  messageType: same('messageType'),
  agentId: same('agentID'),
  toUser: same('toUser'),
  toParty: same('toParty'),
  toTag: same('toTag'),
};

/** Messages in Rocket.Chat. */
export const rocketchat: OptionFields<RocketchatOptions> = {
  ...notifier,
  apiUrl: address('apiURL'),
  token: secret('token'),
  tokenId: secret('tokenID'),
  channel: same('channel'),
  color: same('color'),
  title: same('title'),
  titleLink: same('titleLink'),
  text: same('text'),
  fields: same('fields'),
  shortFields: same('shortFields'),
  emoji: same('emoji'),
  iconUrl: link('iconURL'),
  imageUrl: link('imageURL'),
  thumbUrl: link('thumbURL'),
  linkNames: same('linkNames'),
  // The operator writes fields of a button in a spelling that makes Alertmanager refuse its whole configuration.
  actions: unusable(
    'Alertmanager cannot read what the operator makes of it. Leave it out, and write links into the text.',
  ),
};
