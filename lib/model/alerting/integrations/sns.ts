import type { Sigv4Options } from '../../cloud-auth';
import type { HttpNotifierOptions, IntegrationType } from './integration-type';

/**
 * Messages by AWS SNS, to a topic, an application or a phone; texts are templates.
 *
 * Access and secret key are not offered: Alertmanager takes them only in clear text. Use the ServiceAccount's role, or
 * the environment variables of the AWS SDK from a Secret (`extraEnv`).
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#sns_config
 */
export interface SnsOptions extends HttpNotifierOptions {
  /** @default - AWS' own address for the region */
  readonly apiUrl?: string;
  /** @default - the AWS SDK's default credentials */
  readonly sigv4?: Sigv4Options;
  /** One of topicArn, targetArn and phoneNumber is needed. @default - none */
  readonly topicArn?: string;
  /** @default - none */
  readonly targetArn?: string;
  /** In the form +15551234567. @default - none */
  readonly phoneNumber?: string;
  /** @default - Alertmanager's template */
  readonly subject?: string;
  /** @default - Alertmanager's template */
  readonly message?: string;
  /** @default - none */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Uses the AWS SDK's own HTTP client. @default - only where AWS_CA_BUNDLE is set */
  readonly useAwsHttpClient?: boolean;
}

/** How SNS is notified. */
export const SNS: IntegrationType<SnsOptions> = {
  name: 'sns',
  verbatim: ['attributes'],
  destination: ({ apiUrl }) => (apiUrl === undefined || apiUrl.includes('{{') ? 443 : apiUrl),
  urls: ['apiUrl'],
  check: ({ topicArn, targetArn, phoneNumber, sigv4 = {} }, problems) => {
    const given = [topicArn, targetArn, phoneNumber].filter((each) => each !== undefined && each !== '');
    if (given.length !== 1) {
      problems.add(
        'topicArn',
        `${given.length} of topicArn, targetArn and phoneNumber received. Allowed: exactly one.`,
      );
    }
    if (sigv4.externalId !== undefined && sigv4.roleArn === undefined) {
      problems.add('sigv4.externalId', 'It has a meaning only together with sigv4.roleArn.');
    }
  },
};
