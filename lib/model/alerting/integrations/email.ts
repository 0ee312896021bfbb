import type { TlsConfig } from '../../http-client';
import type { SecretKey } from '../../references';
import { type IntegrationType, type NotifierOptions, requireOption, requireText } from './integration-type';

/**
 * Mails; `to`, `from`, headers and bodies are templates.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#email_config
 */
export interface EmailOptions extends NotifierOptions {
  /** Addresses, comma separated. */
  readonly to: string;
  /** @default - the global smtpFrom */
  readonly from?: string;
  /** Mail server as `host:port`. @default - the global smtpSmarthost */
  readonly smarthost?: string;
  /** @default - the global smtpHello */
  readonly hello?: string;
  /** @default - the global smtpAuthUsername */
  readonly authUsername?: string;
  /** @default - the global smtpAuthPassword */
  readonly authPassword?: SecretKey;
  /** @default - the global smtpAuthSecret */
  readonly authSecret?: SecretKey;
  /** @default - the global smtpAuthIdentity */
  readonly authIdentity?: string;
  /** @default - the global smtpRequireTls */
  readonly requireTls?: boolean;
  /** @default - the global smtpForceImplicitTls */
  readonly forceImplicitTls?: boolean;
  /** @default - the global smtpTls */
  readonly tls?: TlsConfig;
  /** HTML body. @default - Alertmanager's template */
  readonly html?: string;
  /** Plain text body. @default - none */
  readonly text?: string;
  /** Headers such as `Subject`. @default - Alertmanager's subject */
  readonly headers?: Readonly<Record<string, string>>;
  /** Gathers mails of one group of alerts into a thread. @default - every mail stands alone */
  readonly threading?: { readonly enabled: boolean; readonly threadByDate: 'none' | 'daily' };
}

/** The port of `host:port`, where the text is that. */
function smarthostPort(smarthost: string): number | undefined {
  const port = /^(?:[^\s:/]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(smarthost)?.[1];
  return port === undefined || Number(port) > 65535 ? undefined : Number(port);
}

/** The message for a text that is no `host:port`. */
export function smarthostProblem(smarthost: string): string | undefined {
  return smarthostPort(smarthost) === undefined
    ? `"${smarthost}" received. Allowed: host:port, such as smtp.example.com:587.`
    : undefined;
}

/** How mail is sent. */
export const EMAIL: IntegrationType<EmailOptions> = {
  name: 'email',
  secrets: ['authPassword', 'authSecret'],
  verbatim: ['headers'],
  destination: ({ smarthost }, global) => smarthostPort(smarthost ?? global.smtpSmarthost ?? ''),
  check: ({ to, from, smarthost, headers = {}, threading }, problems, global) => {
    requireText('to', to, problems);
    requireOption('from', from, 'smtpFrom', global, problems);
    requireOption('smarthost', smarthost, 'smtpSmarthost', global, problems);
    problems.addIf('smarthost', smarthost === undefined ? undefined : smarthostProblem(smarthost));
    const names = Object.keys(headers).map((name) => name.toLowerCase());
    for (const name of names.filter((each, index) => names.indexOf(each) !== index)) {
      problems.add('headers', `"${name}" is there twice; upper and lower case are alike.`);
    }
    for (const name of names.filter((each) => each === 'references' || each === 'in-reply-to')) {
      if (threading?.enabled) {
        problems.add('headers', `"${name}" is set by threading; remove one of them.`);
      }
    }
  },
};
