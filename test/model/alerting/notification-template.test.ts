import { describe, expect, it } from 'vitest';
import {
  BUILT_IN_TEMPLATES,
  checkNotificationTemplate,
  definedTemplates,
} from '../../../lib/model/alerting/notification-template';

const KNOWN = new Set([...BUILT_IN_TEMPLATES, 'ml.title']);

describe('checkNotificationTemplate', () => {
  it.each([
    'no template, { } or $',
    '{{ .Status | toUpper }}',
    '{{ template "slack.default.title" . }}',
    '{{ define "ml.title" }}{{ range .Alerts }}{{ .Labels.pod }}{{ else }}-{{ end }}{{ end }}',
    '{{- /* why */ -}}{{ with $x := index .Alerts 0 }}{{ $x.Labels.a }}{{ end }}',
    '{{ if and (eq .Status "firing") (gt (len .Alerts) 1) }}a{{ else if true }}b{{ end }}',
    '{{ .CommonAnnotations.SortedPairs.Values | join ", " }} {{ tz "Europe/Berlin" .StartsAt | date "15:04" }}',
    '{{ reReplaceAll "(.*):.*" "$1" .Labels.instance | humanizeDuration }} {{ routeLabels "team" }}',
  ])('accepts %j', (text) => {
    expect(checkNotificationTemplate(text, KNOWN)).toEqual([]);
  });

  it.each([
    ['{{ .Status', 'The template is not valid: the action is not closed'],
    ['{{ .Status }', 'The template is not valid: the action is not closed'],
    ['{{ "a }}', 'The template is not valid: the string that starts here is not closed'],
    ['{{ }}', 'The template has an empty action'],
    ['{{ if .Status }}a', 'The template has a {{ if }} without {{ end }}.'],
    ['a{{ end }}', 'The template has an {{ end }} that closes nothing.'],
    ['a{{ else }}', 'The template has an {{ else }} outside of if, with and range.'],
    [
      '{{ .Status | toUper }}',
      'calls the function "toUper", which Alertmanager does not have. Did you mean "toUpper"?',
    ],
    ['{{ humanize 1 }}', 'calls the function "humanize", which Alertmanager does not have.'],
    ['{{ template "ml.titel" . }}', 'The template "ml.titel" is not defined. Did you mean "ml.title"?'],
  ])('reports %j', (text, message) => {
    expect(checkNotificationTemplate(text, KNOWN)).toEqual([expect.stringContaining(message)]);
  });
});

it('finds the templates that a file defines', () => {
  expect(definedTemplates('{{ define "a" }}x{{ end }}{{ block "b" . }}y{{ end }}{{ template "c" . }}')).toEqual([
    'a',
    'b',
  ]);
});
