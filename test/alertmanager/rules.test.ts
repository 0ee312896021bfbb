import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { alertmanagerRules } from '../../lib/alertmanager/rules';
import { toYaml } from '../../lib/core/yaml';
import { Problems } from '../../lib/model/problem';
import { checkRuleGroup, renderRuleGroup } from '../../lib/model/rules';
import { writeFiles } from '../model/alerting/amtool';
import { tool } from '../tool';

const rulesOf = (replicas: number) =>
  alertmanagerRules({ job: 'am', namespace: 'obs', replicas }).flatMap((group) => group.rules);

describe('the rules about an Alertmanager', () => {
  it('are valid', () => {
    const problems = Problems.at('');
    for (const group of alertmanagerRules({ job: 'am', namespace: 'obs', replicas: 3 })) {
      checkRuleGroup(group, problems);
    }
    expect(problems.all).toEqual([]);
  });

  it('watch this Alertmanager alone, and say who, what and where to look', () => {
    for (const rule of rulesOf(3)) {
      expect(rule.expr).toContain('job="am",namespace="obs"');
      expect(rule).toMatchObject({
        kind: 'alert',
        for: expect.stringMatching(/^\d+m$/),
        severity: expect.stringMatching(/^(critical|warning)$/),
        summary: expect.stringMatching(/\.$/),
        description: expect.stringMatching(/\.$/),
        runbook: expect.stringContaining(`/${rule.name}.md`),
      });
    }
  });

  it('ask for members only where there are several', () => {
    const names = (replicas: number) => rulesOf(replicas).map(({ name }) => name);
    const ofCluster = [
      'AlertmanagerReplicaMissing',
      'AlertmanagerClusterMembersMissing',
      'AlertmanagerClusterConfigInconsistent',
    ];
    expect(names(2)).toEqual([...names(1), ...ofCluster]);
    expect(rulesOf(2).find(({ name }) => name === 'AlertmanagerClusterMembersMissing')?.expr).toMatch(/ < 2$/);
  });
});

describe('promtool says that an alert', () => {
  const self = (pod: string) => `job="am",namespace="obs",pod="${pod}"`;
  const up = (pod: string, values: string) => ({ series: `up{${self(pod)},endpoint="web"}`, values });
  const total = (pod: string, values: string) => ({
    series: `alertmanager_notifications_total{${self(pod)},integration="slack"}`,
    values,
  });
  const failed = (pod: string, reason: string, values: string) => ({
    series: `alertmanager_notifications_failed_total{${self(pod)},integration="slack",reason="${reason}"}`,
    values,
  });
  const hash = (pod: string, values: string) => ({ series: `alertmanager_config_hash{${self(pod)}}`, values });
  const members = (pod: string, values: string) => ({ series: `alertmanager_cluster_members{${self(pod)}}`, values });
  const gauge = (metric: string, values: string) => ({ series: `${metric}{${self('am-0')}}`, values });

  it.for<[string, boolean, readonly { series: string; values: string }[]]>([
    ['AlertmanagerDown', true, [up('am-0', '0x60'), up('am-1', '0x60')]],
    ['AlertmanagerDown', true, []],
    ['AlertmanagerDown', false, [up('am-0', '0x60'), up('am-1', '1x60')]],
    ['AlertmanagerReplicaMissing', true, [up('am-0', '0x60'), up('am-1', '1x60')]],
    ['AlertmanagerReplicaMissing', false, [up('am-0', '1x60'), up('am-1', '1x60')]],
    ['AlertmanagerConfigReloadFailed', true, [gauge('alertmanager_config_last_reload_successful', '0x60')]],
    ['AlertmanagerConfigReloadFailed', false, [gauge('alertmanager_config_last_reload_successful', '0 1x60')]],
    ['AlertmanagerConfigReloaderFailing', true, [gauge('reloader_last_reload_successful', '0x60')]],
    [
      'AlertmanagerCrashLooping',
      true,
      [{ series: `process_start_time_seconds{${self('am-0')},endpoint="web"}`, values: '0+60x60' }],
    ],
    ['AlertmanagerInvalidAlerts', true, [gauge('alertmanager_alerts_invalid_total', '0+1x60')]],
    // One replica fails, another delivers instead.
    [
      'AlertmanagerNotificationsFailing',
      true,
      [
        total('am-0', '0+10x60'),
        failed('am-0', 'other', '0+10x60'),
        total('am-1', '0+10x60'),
        failed('am-1', 'other', '0x60'),
      ],
    ],
    [
      'AlertmanagerNotificationsLost',
      false,
      [
        total('am-0', '0+10x60'),
        failed('am-0', 'other', '0+10x60'),
        total('am-1', '0+10x60'),
        failed('am-1', 'other', '0x60'),
      ],
    ],
    // The second replica never tries, because the first one is in charge; reasons add up.
    [
      'AlertmanagerNotificationsLost',
      true,
      [
        total('am-0', '0+10x60'),
        failed('am-0', 'authError', '0+4x60'),
        failed('am-0', 'serverError', '0+4x60'),
        total('am-1', '0x60'),
        failed('am-1', 'other', '0x60'),
      ],
    ],
    ['AlertmanagerClusterMembersMissing', true, [members('am-0', '1x60')]],
    ['AlertmanagerClusterMembersMissing', false, [members('am-0', '2x60')]],
    ['AlertmanagerClusterConfigInconsistent', true, [hash('am-0', '1x60'), hash('am-1', '2x60')]],
    ['AlertmanagerClusterConfigInconsistent', false, [hash('am-0', '1x60'), hash('am-1', '1x60')]],
  ])('%s fires: %s', ([name, fires, series], context) => {
    const promtool = tool('promtool', context);
    const groups = alertmanagerRules({ job: 'am', namespace: 'obs', replicas: 2 }).map(renderRuleGroup);
    const firing = `ALERTS{alertname="${name}",alertstate="firing"}`;
    const rules = writeFiles({ 'rules.yml': toYaml({ groups }) });
    const tests = writeFiles({
      'test.yml': toYaml({
        rule_files: [`${rules}/rules.yml`],
        evaluation_interval: '1m',
        tests: [
          {
            interval: '1m',
            input_series: series,
            promql_expr_test: [
              {
                expr: `group(${firing}) or vector(0)`,
                eval_time: '45m',
                exp_samples: [{ labels: '{}', value: Number(fires) }],
              },
            ],
          },
        ],
      }),
    });
    const said = execFileSync(promtool, ['test', 'rules', `${tests}/test.yml`], { encoding: 'utf8', stdio: 'pipe' });
    expect(said).toContain('SUCCESS');
  });
});
