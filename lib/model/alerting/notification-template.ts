import { didYouMean } from '../suggest';
import { type TemplateToken, templateParts } from '../template-lexer';

/** Templates that Alertmanager brings along, by the part before `.default.`. */
const DEFAULT_TEMPLATES: Readonly<Record<string, string>> = {
  discord: 'content message title',
  email: 'html subject',
  jira: 'description priority summary',
  mattermost: 'color fallback text title titlelink username',
  msteams: 'summary text title',
  msteamsv2: 'text title',
  opsgenie: 'description message source',
  pagerduty: 'client clientURL description instances',
  pushover: 'message title url',
  rocketchat: 'alias emoji iconurl text title titlelink',
  slack: 'callbackid color fallback footer iconemoji iconurl pretext text title titlelink username',
  sns: 'message subject',
  telegram: 'message',
  victorops: 'entity_display_name monitoring_tool state_message',
  webex: 'message',
  wechat: 'agent_id message to_party to_tag to_user',
};

const INTERNAL =
  '__alertmanager __alertmanagerURL __description __subject __text_alert_list __text_alert_list_markdown';

/** The templates that every Alertmanager has. */
export const BUILT_IN_TEMPLATES: ReadonlySet<string> = new Set([
  ...INTERNAL.split(' '),
  ...Object.entries(DEFAULT_TEMPLATES).flatMap(([integration, parts]) =>
    parts.split(' ').map((part) => `${integration}.default.${part}`),
  ),
]);

const OF_GO = 'and call eq ge gt html index js le len lt ne not or print printf println slice urlquery';
const OF_ALERTMANAGER =
  'append base64decode base64encode date dict humanizeDuration join list match mustToDate now reReplaceAll ' +
  'routeLabels safeHtml safeUrl since stringSlice title toDate toJson toLower toUpper trimSpace tz urlUnescape';
const FUNCTIONS: ReadonlySet<string> = new Set(`${OF_GO} ${OF_ALERTMANAGER}`.split(' '));
const OPENING = ['if', 'range', 'with', 'define', 'block'];
const WORDS: ReadonlySet<string> = new Set([
  ...OPENING,
  ...'else end template break continue true false nil'.split(' '),
]);

/** Names of the templates that a file defines. */
export function definedTemplates(text: string): readonly string[] {
  return actions(text).flatMap(([keyword, name]) =>
    (keyword?.text === 'define' || keyword?.text === 'block') && name?.kind === 'string'
      ? [name.text.slice(1, -1)]
      : [],
  );
}

/**
 * Checks a template of a notification: braces, strings and blocks are closed, functions and templates exist.
 *
 * @param templates names of the templates that can be called.
 * @returns full sentences.
 * @see https://prometheus.io/docs/alerting/latest/notifications/
 */
export function checkNotificationTemplate(text: string, templates: ReadonlySet<string>): readonly string[] {
  if (!text.includes('{{')) {
    return [];
  }
  const faults = templateParts(text).flatMap((part) => ('fault' in part ? [part.fault.message] : []));
  if (faults.length > 0) {
    return faults.map((fault) => `The template is not valid: ${fault}.`);
  }
  return [...blockFaults(text), ...actions(text).flatMap((tokens) => nameFaults(tokens, templates))];
}

function actions(text: string): readonly (readonly TemplateToken[])[] {
  return templateParts(text).flatMap((part) => ('tokens' in part ? [part.tokens] : []));
}

function blockFaults(text: string): readonly string[] {
  const open: string[] = [];
  for (const [keyword] of actions(text)) {
    if (keyword === undefined) {
      return ['The template has an empty action: {{ }}.'];
    }
    if (OPENING.includes(keyword.text)) {
      open.push(keyword.text);
    } else if (keyword.text === 'end' && open.pop() === undefined) {
      return ['The template has an {{ end }} that closes nothing.'];
    } else if (keyword.text === 'else' && open.length === 0) {
      return ['The template has an {{ else }} outside of if, with and range.'];
    }
  }
  return open.map((keyword) => `The template has a {{ ${keyword} }} without {{ end }}.`);
}

function nameFaults(tokens: readonly TemplateToken[], templates: ReadonlySet<string>): readonly string[] {
  const [keyword, name] = tokens;
  const faults = tokens
    .filter(({ kind, text }) => kind === 'word' && !WORDS.has(text) && !FUNCTIONS.has(text))
    .map(
      ({ text }) =>
        `The template calls the function "${text}", which Alertmanager does not have.${didYouMean(text, FUNCTIONS)}`,
    );
  if (keyword?.text === 'template' && name?.kind === 'string' && !templates.has(name.text.slice(1, -1))) {
    const called = name.text.slice(1, -1);
    faults.push(`The template "${called}" is not defined.${didYouMean(called, templates)}`);
  }
  return faults;
}
