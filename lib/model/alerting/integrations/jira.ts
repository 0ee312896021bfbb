import { type HttpNotifierOptions, type IntegrationType, requireOption, requireText } from './integration-type';

/** A text of an issue: a template, and whether a later notification changes it. */
export type JiraField = string | { readonly template: string; readonly enableUpdate?: boolean };

/**
 * Issues in Jira; texts are templates. The credentials are those of `http`.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#jira_config
 */
export interface JiraOptions extends HttpNotifierOptions {
  /** @default - the global jiraApiUrl */
  readonly apiUrl?: string;
  /** @default auto */
  readonly apiType?: 'auto' | 'cloud' | 'datacenter';
  /** Key of the project. */
  readonly project: string;
  readonly issueType: string;
  /** @default - Alertmanager's template */
  readonly summary?: JiraField;
  /** @default - Alertmanager's template */
  readonly description?: JiraField;
  /** @default - none */
  readonly labels?: readonly string[];
  /** @default - Alertmanager's template */
  readonly priority?: string;
  /** Transition that opens a resolved issue again. @default - a new issue is made */
  readonly reopenTransition?: string;
  /** Transition when alerts are resolved. @default - the issue stays as it is */
  readonly resolveTransition?: string;
  /** Issues with this resolution are left alone. @default - none */
  readonly wontFixResolution?: string;
  /** Age up to which a resolved issue is opened again. @default - any */
  readonly reopenDuration?: string;
  /** Further fields, by their ids. @default - none */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** How Jira is notified. */
export const JIRA: IntegrationType<JiraOptions> = {
  name: 'jira',
  urls: ['apiUrl'],
  verbatim: ['fields'],
  destination: ({ apiUrl }, global) => apiUrl ?? global.jiraApiUrl,
  check: ({ apiUrl, project, issueType }, problems, global) => {
    requireOption('apiUrl', apiUrl, 'jiraApiUrl', global, problems);
    requireText('project', project, problems);
    requireText('issueType', issueType, problems);
  },
};
