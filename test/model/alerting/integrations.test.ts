import { describe, expect, it } from 'vitest';
import { Integration } from '../../../lib/model/alerting/integration';
import { ANYWHERE } from '../../../lib/model/alerting/integrations/integration-type';
import type { SlackOptions } from '../../../lib/model/alerting/integrations/slack';
import { Receiver } from '../../../lib/model/alerting/receiver';
import { Routing } from '../../../lib/model/alerting/routing';
import { SecretKey } from '../../../lib/model/references';
import { tool } from '../../tool';
import { amtool, writeFiles } from './amtool';
import { CASES, jira, pagerDuty, pushover, secret, sns } from './complete-integrations';
import { FILES, problemsOf, text } from './settings';

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function keyOf(name: string, value: unknown): string {
  const suffix = value instanceof SecretKey ? '_file' : name === 'http' || name === 'tls' ? '_config' : '';
  return `${snake(name)}${suffix}`;
}

describe('every integration', () => {
  it.each(CASES)('%s writes every option in the spelling of Alertmanager', (name, integration, options) => {
    const written = integration.render(FILES);
    expect(integration.name).toBe(name);
    expect(Object.keys(written).sort()).toEqual(
      Object.entries(options)
        .map(([option, value]) => keyOf(option, value))
        .sort(),
    );
    for (const [option, value] of Object.entries(options)) {
      if (value instanceof SecretKey) {
        expect(written[`${snake(option)}_file`]).toBe(`/Secret/receivers/${value.key}`);
      }
    }
  });

  it.each(CASES)('%s has no problem with all of its options', (name, integration) => {
    expect(problemsOf({ routing: Routing.to(Receiver.of(name, [integration])) })).toEqual([]);
  });

  it('is accepted by amtool with all of its options', (context) => {
    const program = tool('amtool', context);
    for (const [name, integration] of CASES) {
      const config = text({ routing: Routing.to(Receiver.of(name, [integration])) });
      const folder = writeFiles({ 'alertmanager.yml': config });
      expect(amtool(program, 'check-config', `${folder}/alertmanager.yml`)).toContain('SUCCESS');
    }
  });

  it('keeps the keys of maps of the user', () => {
    expect(Integration.pagerDuty(pagerDuty).render(FILES).details).toEqual(pagerDuty.details);
    expect(Integration.jira(jira).render(FILES).fields).toEqual(jira.fields);
    expect(Integration.sns(sns).render(FILES)).toMatchObject({
      attributes: sns.attributes,
      sigv4: { use_fips_sts_endpoint: true },
    });
  });

  it('writes durations for Go, which knows no days', () => {
    expect(Integration.pushover(pushover).render(FILES)).toMatchObject({ retry: '1m', expire: '24h', ttl: '1h' });
    expect(Integration.jira(jira).render(FILES)).toMatchObject({ reopen_duration: '1d' });
  });
});

describe('the check of an integration', () => {
  const found = (integration: Integration) => problemsOf({ routing: Routing.to(Receiver.of('r', [integration])) });

  it.each<[string, Integration, string]>([
    ['slack', Integration.slack({}), 'apiUrl: It is missing. Set it here, or slackApiUrl in the global options.'],
    [
      'slack',
      Integration.slack({ apiUrl: secret('a'), appToken: secret('b') }),
      'appToken: Only one of apiUrl and appToken is possible',
    ],
    [
      'slack',
      Integration.slack({ appToken: secret('b'), http: { authorization: { credentials: secret('c') } } }),
      'http.authorization: It is the app token already',
    ],
    [
      'slack',
      Integration.slack({ apiUrl: secret('a'), actions: [{ type: 'button', text: 't' }] }),
      'actions[0]: An action needs url or name.',
    ],
    ['slack', Integration.slack({ apiUrl: secret('a'), timeout: '5 min' }), 'timeout: "5 min" is not a duration.'],
    [
      'slack',
      Integration.slack({ apiUrl: secret('a'), text: '{{ .Status' }),
      'text: The template is not valid: the action is not closed',
    ],
    [
      'slack',
      Integration.slack({ apiUrl: secret('a'), title: '{{ template "slack.defualt.title" . }}' }),
      'title: The template "slack.defualt.title" is not defined. Did you mean "slack.default.title"?',
    ],
    ['pagerduty', Integration.pagerDuty({}), 'routingKey: It is missing. Set routingKey, or serviceKey'],
    ['opsgenie', Integration.opsgenie({}), 'apiKey: It is missing.'],
    [
      'opsgenie',
      Integration.opsgenie({ apiKey: secret('a'), responders: [{ type: 'team' }] }),
      'responders[0]: A responder needs one of id, name and username.',
    ],
    [
      'opsgenie',
      Integration.opsgenie({ apiKey: secret('a'), responders: [{ type: 'squad', name: 'n' }] }),
      'responders[0].type: "squad" received. Allowed: team, teams, user, escalation, schedule, or a template.',
    ],
    ['email', Integration.email({ to: 'a@example.com', from: 'b@example.com' }), 'smarthost: It is missing.'],
    ['email', Integration.email({ to: 'a@example.com', smarthost: 'smtp:25' }), 'from: It is missing.'],
    [
      'email',
      Integration.email({ to: '', from: 'b@example.com', smarthost: 'smtp:25' }),
      'to: "" received. Allowed: a text that is not empty.',
    ],
    [
      'email',
      Integration.email({ to: 'a@example.com', from: 'b@example.com', smarthost: 'smtp.example.com' }),
      'smarthost: "smtp.example.com" received. Allowed: host:port',
    ],
    [
      'email',
      Integration.email({ to: 'a', from: 'b', smarthost: 's:25', headers: { subject: 'a', Subject: 'b' } }),
      'headers: "subject" is there twice',
    ],
    [
      'email',
      Integration.email({
        to: 'a',
        from: 'b',
        smarthost: 's:25',
        headers: { References: 'x' },
        threading: { enabled: true, threadByDate: 'none' },
      }),
      'headers: "references" is set by threading',
    ],
    [
      'webhook',
      Integration.webhook({ url: 'https://user:hunter2@example.com/' }),
      'url: The URL to example.com holds a password. Refer to a Secret instead.',
    ],
    ['webhook', Integration.webhook({ url: 'example.com' }), 'url: "example.com" is not a URL.'],
    [
      'webhook',
      Integration.webhook({
        url: 'http://example.com/',
        http: { basicAuth: { username: 'u', password: secret('p') } },
      }),
      'http basicAuth: Credentials would travel over plain http',
    ],
    ['telegram', Integration.telegram({ chatId: 0, botToken: secret('t') }), 'chatId: 0 received.'],
    ['telegram', Integration.telegram({ chatId: 1 }), 'botToken: It is missing.'],
    ['victorops', Integration.victorOps({ routingKey: '', apiKey: secret('a') }), 'routingKey: "" received.'],
    [
      'victorops',
      Integration.victorOps({ routingKey: 'r', apiKey: secret('a'), customFields: { entity_id: 'x' } }),
      'customFields: "entity_id" is a field of VictorOps itself.',
    ],
    [
      'pushover',
      Integration.pushover({ userKey: secret('u'), token: secret('t'), html: true, monospace: true }),
      'monospace: Only one of html and monospace is possible',
    ],
    ['sns', Integration.sns({}), 'topicArn: 0 of topicArn, targetArn and phoneNumber received. Allowed: exactly one.'],
    [
      'sns',
      Integration.sns({ topicArn: 'a', sigv4: { externalId: 'e' } }),
      'sigv4.externalId: It has a meaning only together with sigv4.roleArn.',
    ],
    ['wechat', Integration.wechat({ apiSecret: secret('a') }), 'corpId: It is missing.'],
    [
      'jira',
      Integration.jira({ project: '', issueType: 'Bug', apiUrl: 'https://a.example.com' }),
      'project: "" received.',
    ],
    ['jira', Integration.jira({ project: 'P', issueType: 'Bug' }), 'apiUrl: It is missing.'],
    ['rocketchat', Integration.rocketchat({ token: secret('a') }), 'tokenId: It is missing.'],
    [
      'incidentio',
      Integration.incidentio({ url: 'https://a.example.com' }),
      'alertSourceToken: None of alertSourceToken and http.authorization received. Allowed: one.',
    ],
    ['mattermost', Integration.mattermost({}), 'webhookUrl: It is missing.'],
  ])('%s: %#', (name, integration, message) => {
    expect(found(integration)).toEqual([expect.stringContaining(`am/receivers/r/${name}`)]);
    expect(found(integration)[0]).toContain(message);
  });

  it('finds a secret in the code, and does not repeat it', () => {
    const literal = 'https://hooks.slack.com/services/T/B/hunter2' as unknown as SecretKey;
    const message = 'A literal secret would be written to the output. Allowed: SecretKey.of(secret, key).';
    expect(found(Integration.slack({ apiUrl: literal }))).toEqual([`am/receivers/r/slack apiUrl: ${message}`]);
    expect(problemsOf({ routing: Routing.none(), global: { smtpAuthPassword: literal } })).toEqual([
      `am/global smtpAuthPassword: ${message}`,
    ]);
  });

  it.each(CASES)('%s knows all of its secrets', (name, _, options) => {
    const factory = { pagerduty: 'pagerDuty', victorops: 'victorOps', msteams: 'msTeams', msteamsv2: 'msTeamsV2' };
    const make = Integration[(factory[name as 'msteams'] ?? name) as 'slack'];
    for (const option of Object.keys(options).filter(
      (key) => (options[key as never] as unknown) instanceof SecretKey,
    )) {
      const integration = make({ ...options, [option]: 'hunter2' } as SlackOptions);
      expect(found(integration).join()).toContain(`${option}: A literal secret would be written`);
    }
  });

  it('takes from the global options what a receiver leaves out', () => {
    const routing = Routing.to(
      Receiver.of('all', [
        Integration.slack({}),
        Integration.opsgenie({}),
        Integration.email({ to: 'a@example.com' }),
        Integration.telegram({ chatId: 1 }),
        Integration.victorOps({ routingKey: 'r' }),
        Integration.wechat({}),
        Integration.jira({ project: 'P', issueType: 'Bug' }),
        Integration.rocketchat({}),
        Integration.mattermost({}),
      ]),
    );
    const global = {
      slackApiUrl: secret('a'),
      opsgenieApiKey: secret('b'),
      smtpSmarthost: 'smtp.example.com:25',
      smtpFrom: 'b@example.com',
      telegramBotToken: secret('c'),
      victoropsApiKey: secret('d'),
      wechatApiSecret: secret('e'),
      wechatApiCorpId: 'f',
      jiraApiUrl: 'https://jira.example.com',
      rocketchatToken: secret('g'),
      rocketchatTokenId: secret('h'),
      mattermostWebhookUrl: secret('i'),
    };
    expect(problemsOf({ routing, global })).toEqual([]);
  });
});

describe('the destinations of an integration', () => {
  const url = secret('url');

  it.each<[string, Integration, unknown[]]>([
    ['a service behind a webhook in a Secret', Integration.slack({ apiUrl: url }), [443]],
    [
      'a Slack app',
      Integration.slack({ appToken: url, appUrl: 'https://a.example.com:8443' }),
      ['https://a.example.com:8443'],
    ],
    ['a mail server', Integration.email({ to: 'a', from: 'b', smarthost: 'smtp.example.com:587' }), [587]],
    ['a literal URL', Integration.webhook({ url: 'http://a.example.com:9000' }), ['http://a.example.com:9000']],
    ['a URL that only a Secret knows', Integration.webhook({ url }), [url]],
    [
      'a proxy instead of the target',
      Integration.discord({ webhookUrl: url, http: { proxyUrl: 'http://proxy:3128' } }),
      ['http://proxy:3128'],
    ],
    [
      'a proxy and the target, where some hosts need none',
      Integration.discord({ webhookUrl: url, http: { proxyUrl: 'http://proxy:3128', noProxy: '.example.com' } }),
      [443, 'http://proxy:3128'],
    ],
    [
      'anywhere, where only the environment knows the proxy',
      Integration.discord({ webhookUrl: url, http: { proxyFromEnvironment: true } }),
      [443, ANYWHERE],
    ],
    [
      'a token endpoint',
      Integration.discord({
        webhookUrl: url,
        http: { oauth2: { clientId: 'c', clientSecret: url, tokenUrl: 'https://login.example.com:8443/token' } },
      }),
      [443, 'https://login.example.com:8443/token'],
    ],
  ])('%s', (_, integration, expected) => {
    expect(integration.destinations({})).toEqual(expected);
  });

  it('are those of the global options where the integration has none', () => {
    expect(Integration.email({ to: 'a' }).destinations({ smtpSmarthost: 'smtp:25' })).toEqual([25]);
    expect(Integration.pagerDuty({ routingKey: url }).destinations({ http: { proxyUrl: 'http://p:1' } })).toEqual([
      'http://p:1',
    ]);
  });
});
