import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../package.json';

function run(...args: readonly string[]) {
  const program = join(__dirname, '..', manifest.bin['gpu-exporter']);
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

it('prints its version', () => {
  expect(run('--version')).toEqual({ status: 0, stdout: `gpu-exporter ${manifest.version}\n`, stderr: '' });
});

it('prints its flags', () => {
  expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--version') });
});

it('names a flag that it does not know', () => {
  const stderr = 'gpu-exporter: --verison: unknown flag; did you mean --version?\n';
  expect(run('--verison')).toEqual({ status: 2, stdout: '', stderr });
});

it('prints rates too, which are between two collections', { timeout: 20_000 }, () => {
  const { stdout } = run('--once', '--backend', 'simulated', '--gpus', '1xH100', '--profile', 'nvitop');
  expect(stdout).toMatch(/^gpu_pcie_rx_throughput_MiBps\{/m);
  expect(stdout).toMatch(/^gpu_exporter_series\{profile="nvitop"\} \d+$/m);
});
