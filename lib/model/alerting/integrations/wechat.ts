import type { SecretKey } from '../../references';
import { type HttpNotifierOptions, type IntegrationType, requireOption } from './integration-type';

/**
 * Messages in WeChat; texts are templates.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#wechat_config
 */
export interface WechatOptions extends HttpNotifierOptions {
  /** @default - the global wechatApiSecret */
  readonly apiSecret?: SecretKey;
  /** @default - the global wechatApiUrl */
  readonly apiUrl?: string;
  /** @default - the global wechatApiCorpId */
  readonly corpId?: string;
  /** @default - Alertmanager's template */
  readonly message?: string;
  /** @default text */
  readonly messageType?: 'text' | 'markdown';
  /** @default - Alertmanager's template */
  readonly agentId?: string;
  /** @default - Alertmanager's template */
  readonly toUser?: string;
  /** @default - Alertmanager's template */
  readonly toParty?: string;
  /** @default - Alertmanager's template */
  readonly toTag?: string;
}

/** How WeChat is notified. */
export const WECHAT: IntegrationType<WechatOptions> = {
  name: 'wechat',
  secrets: ['apiSecret'],
  urls: ['apiUrl'],
  destination: ({ apiUrl }, global) => apiUrl ?? global.wechatApiUrl ?? 443,
  check: ({ apiSecret, corpId }, problems, global) => {
    requireOption('apiSecret', apiSecret, 'wechatApiSecret', global, problems);
    requireOption('corpId', corpId, 'wechatApiCorpId', global, problems);
  },
};
