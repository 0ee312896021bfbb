import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import { tool } from '../tool';
import { ALL_CASES } from './all-cases';
import { ALL_ALERTS, ALL_GROUPS } from './all-groups';
import { temporaryFolder, writeRuleFiles, writeUnitTest } from './promtool-files';

/** Runs promtool and returns what it printed, also where it fails. */
function promtool(context: TestContext, args: readonly string[]): string {
  try {
    return execFileSync(tool('promtool', context), args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    if (stdout === undefined) {
      throw error;
    }
    return `${stdout}${stderr}`;
  }
}

function folderOfTest(): string {
  const folder = temporaryFolder();
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('promtool', () => {
  test('accepts every group, with every check that it has', (context) => {
    const printed = promtool(context, [
      'check',
      'rules',
      '--lint=all',
      '--lint-fatal',
      ...writeRuleFiles(ALL_GROUPS, folderOfTest()),
    ]);
    expect(printed.match(/SUCCESS/g), printed).toHaveLength(ALL_GROUPS.length);
    expect(printed).not.toMatch(/FAILED|duplicate/);
  });

  test('finds no rule twice in the whole stack', (context) => {
    const [file = ''] = writeRuleFiles(
      [{ name: 'everything', rules: ALL_GROUPS.flatMap(({ rules }) => rules) }],
      folderOfTest(),
    );
    expect(promtool(context, ['check', 'rules', '--lint=all', '--lint-fatal', file])).toContain('SUCCESS');
  });

  test('fires every alert in its case, with the labels and the text that it promises, and not next to it', (context) => {
    const folder = folderOfTest();
    const files = ALL_ALERTS.flatMap((rule) =>
      ALL_CASES.filter(({ alert }) => alert === rule.name).map((each) => writeUnitTest(rule, each, folder)),
    );
    const printed = promtool(context, ['test', 'rules', ...files]);
    const failures = printed.split('\n').filter((line) => line !== '' && !/^ {2}SUCCESS|^Unit Testing/.test(line));
    expect(failures.join('\n')).toBe('');
    expect(printed.match(/SUCCESS/g)).toHaveLength(ALL_ALERTS.length);
  }, 120_000);
});
