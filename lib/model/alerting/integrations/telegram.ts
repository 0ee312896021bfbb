import type { SecretKey } from '../../references';
import { type HttpNotifierOptions, type IntegrationType, requireOption } from './integration-type';

/**
 * Messages in Telegram; the message is a template.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#telegram_config
 */
export interface TelegramOptions extends HttpNotifierOptions {
  /** @default - the global telegramBotToken */
  readonly botToken?: SecretKey;
  /** Number of the chat, or a key of a Secret that holds it. */
  readonly chatId: number | SecretKey;
  /** Topic of a group. @default - none */
  readonly messageThreadId?: number;
  /** @default - the global telegramApiUrl */
  readonly apiUrl?: string;
  /** @default - Alertmanager's template */
  readonly message?: string;
  /** Delivers without a sound. @default false */
  readonly disableNotifications?: boolean;
  /** The empty text means plain text. @default HTML */
  readonly parseMode?: 'Markdown' | 'MarkdownV2' | 'HTML' | '';
}

/** How Telegram is notified. */
export const TELEGRAM: IntegrationType<TelegramOptions> = {
  name: 'telegram',
  secrets: ['botToken'],
  urls: ['apiUrl'],
  destination: ({ apiUrl }, global) => apiUrl ?? global.telegramApiUrl ?? 443,
  check: ({ botToken, chatId }, problems, global) => {
    requireOption('botToken', botToken, 'telegramBotToken', global, problems);
    if (typeof chatId === 'number' && (chatId === 0 || !Number.isSafeInteger(chatId))) {
      problems.add('chatId', `${chatId} received. Allowed: a whole number that is not 0.`);
    }
  },
};
