import { describe, expect, it } from 'vitest';
import { checkTemplate } from '../../lib/model/template';

describe('checkTemplate', () => {
  it.each([
    ['no template at all', []],
    ['{{ $labels.instance }} of {{ .Labels.job }}', ['instance', 'job']],
    ['{{$labels.a}}-{{- $labels.b -}}', ['a', 'b']],
    ['{{ toUpper $labels.a | title }}', ['a']],
    ['{{ index $labels "my-label" }}', ['my-label']],
    ['{{ $.Labels.zone }}', ['zone']],
    ['{{ if eq $labels.a "b" -}} {{ .Labels.c }} {{- end }}', ['a', 'c']],
    ['{{ $externalLabels.cluster }} {{ $value | humanizePercentage }}', []],
  ])('finds the labels of the alert in %j', (text, labels) => {
    expect(checkTemplate(text)).toEqual({ problems: [], labels });
  });

  it('does not take labels of queried samples for labels of the alert', () => {
    const text = '{{ range query "up" }}{{ .Labels.instance }}{{ $labels.job }}{{ end }}';
    expect(checkTemplate(text)).toEqual({ problems: [], labels: ['job'] });
  });

  // Verdicts of `promtool check rules`, Prometheus 3.15.
  it.each([
    '{{ printf "%.2f" $value }}',
    '{{ with query "up" }}{{ . | first | value }}{{ end }}',
    '{{ if gt $value 1.0 }}a{{ else if lt $value 2.0 }}b{{ else }}c{{ end }}',
    '{{ range $i, $v := query "up" }}{{ $i }}{{ $v.Value }}{{ break }}{{ end }}',
    '{{ $x := $value }}{{ $x }}',
    '{{/* a comment with }} in it */}}',
    '{{- /* trimmed */ -}}',
    '{{ (query "up" | first).Value }}',
    '{{ "a }} b" }}{{ `a }} b` }}',
    '{{ define "x" }}{{ . }}{{ end }}{{ template "x" $value }}',
    '{{ -3.5 }} {{ true }} {{ nil }}',
    '{"a":{"b":1}}',
    '{{ with $labels.a }}{{ else with $labels.b }}{{ end }}',
    '{{ block "b" . }}x{{ end }}',
  ])('accepts %j', (text) => {
    expect(checkTemplate(text).problems).toEqual([]);
  });

  it.each([
    ['{{ $labels.x', 'line 1, column 1: the action is not closed. Allowed: "{{ … }}"'],
    ['first\n{{ $labels.x }', 'line 2, column 1: the action is not closed. Allowed: "{{ … }}"'],
    ['{{ {{ $value }} }}', 'line 1, column 1: the action is not closed. Allowed: "{{ … }}"'],
    ['{{/* open }}', 'line 1, column 1: the comment is not closed. Allowed: "{{/* … */}}"'],
    ['a { $value }}', 'line 1, column 3: one "{" is missing. Allowed: "{{ … }}"'],
    ['{{ "open }}', 'line 1, column 4: the string that starts here is not closed'],
    ['{{ }}', expect.stringContaining('the action is empty')],
    ['{{ humanise $value }}', 'line 1, column 4: unknown function "humanise". Did you mean "humanize"?'],
    ['{{ $label.x }}', 'line 1, column 4: undefined variable "$label". Did you mean "$labels"?'],
    ['{{ $labels.my-label }}', expect.stringContaining('unexpected "-" in an action (write index $labels "a-b"')],
    ['{{ $value | }}', 'line 1, column 11: a value is missing after "|"'],
    ['{{ | humanize }}', 'line 1, column 4: a value is missing before "|"'],
    ['{{ $value | 1 }}', 'line 1, column 13: 1 follows "|". Allowed: a function'],
    ['{{ if }}x{{ end }}', 'line 1, column 4: a value is missing after "if"'],
    ['{{ if $value }}', 'line 1, column 4: "if" has no {{ end }}'],
    ['{{ end }}', 'line 1, column 4: "end" closes nothing: there is no open if, with or range'],
    ['{{ else }}', 'line 1, column 4: "else" does not belong to an open if, with or range'],
    ['{{ if $value }}{{ else }}{{ else }}{{ end }}', expect.stringContaining('column 29: "else" does not belong')],
    ['{{ break }}', 'line 1, column 4: "break" stands outside of a range'],
    ['{{ (query "up" }}', 'line 1, column 4: "(" is not closed'],
    ['{{ query "up") }}', 'line 1, column 14: unexpected ")"'],
    ['{{ template x }}', expect.stringContaining('"template" needs the name of a template in quotes')],
    ['{{ with $x := 1 }}{{ end }}{{ $x }}', 'line 1, column 31: undefined variable "$x"'],
    ['{{ 5m }}', 'line 1, column 4: unexpected "5" in an action'],
  ])('says what is wrong with %j', (text, problem) => {
    expect(checkTemplate(text).problems).toEqual([problem]);
  });
});
