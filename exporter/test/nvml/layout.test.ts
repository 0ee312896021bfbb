import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EVENT_NAMES } from '../../src/gpu/nvidia/event-types.js';
import { DEVICE_FIELDS } from '../../src/gpu/nvidia/fields.js';
import { GPM_METRICS } from '../../src/gpu/nvidia/gpm-metrics.js';
import { type FieldLayout, LAYOUTS, type StructLayout } from '../../src/gpu/nvidia/layouts.js';
import { COMPUTE_MODES, FABRIC_STATES, RECOVERY_ACTIONS, THROTTLE_REASONS } from '../../src/gpu/nvidia/states.js';
import { BINDING_VERSION, type BindingLayouts, bindingFolder, readBinding } from './binding.js';
import { constantsWith, NVML_CONSTANTS } from './constants.js';
import { compileProgram, hasCompiler } from './library.js';

const RECORD = join(import.meta.dirname, 'binding-layout.json');
const STRUCTS: readonly (readonly [string, StructLayout])[] = Object.entries(LAYOUTS);
const FIELDS = STRUCTS.flatMap(([struct, layout]) =>
  Object.entries(layout.fields).map(([name, field]): readonly [string, string, FieldLayout] => [struct, name, field]),
);
const BYTES = { u8: 1, u32: 4, i32: 4, u64: 8, i64: 8, f64: 8, pointer: 8 } as const;
const bytesOf = (field: FieldLayout): number => (field.type === 'bytes' ? (field.length ?? 0) : BYTES[field.type]);

/** The binding gives the state 32 bits where the header has a byte and padding: the first byte is the same. */
const WIDER_IN_BINDING = new Set(['nvmlGpuFabricInfo_v2_t.state', 'nvmlGpuFabricInfo_v3_t.state']);

const recorded = (): BindingLayouts => JSON.parse(readFileSync(RECORD, 'utf8')).binding;

describe('layouts of structs', () => {
  it.skipIf(!hasCompiler())('are those that a C compiler gives the documented structs', () => {
    const compiled = execFileSync(compileProgram('layout'), { encoding: 'utf8' }).trim().split('\n');
    const expected = STRUCTS.flatMap(([struct, layout]) => [
      `${struct} - ${layout.size} -`,
      ...Object.entries(layout.fields).map(
        ([name, field]) => `${struct} ${name} ${field.offset} ${bytesOf(field)} ${field.type}`,
      ),
    ]);
    expect(compiled.sort()).toEqual(expected.sort());
  });

  it('have version words of their size and of the number in their name', () => {
    const words = STRUCTS.flatMap(([name, { size, version }]) =>
      version === undefined || version === 1
        ? []
        : [[name, version, size | (Number(/_v(\d+)_t$/.exec(name)?.[1]) << 24)]],
    );
    expect(words.length).toBeGreaterThan(8);
    for (const [name, version, expected] of words) expect([name, version]).toEqual([name, expected]);
  });

  it.each(FIELDS)("agree with NVIDIA's Python binding: %s.%s", (struct, name, field) => {
    const binding = recorded().structs[struct];
    // The binding has only the newest layout of a list of processes.
    if (struct === 'nvmlProcessInfo_v1_t') return expect(binding).toBeNull();
    const wider = WIDER_IN_BINDING.has(`${struct}.${name}`);
    expect(binding?.fields[name]).toEqual({ offset: field.offset, bytes: wider ? 4 : bytesOf(field) });
  });

  it.each(STRUCTS)("have the size and version word of NVIDIA's Python binding: %s", (name, layout) => {
    const binding = recorded().structs[name];
    if (name === 'nvmlProcessInfo_v1_t') return expect(binding).toBeNull();
    expect(binding?.bytes).toBe(layout.size);
    if (binding?.version != null) expect(layout.version).toBe(binding.version);
  });
});

describe('constants', () => {
  it("are those of NVIDIA's Python binding", () => {
    expect(recorded().constants).toEqual(NVML_CONSTANTS);
  });

  it('have a name for every number that the exporter uses', () => {
    const fields = constantsWith('NVML_FI_DEV_');
    expect(DEVICE_FIELDS.map(({ id }) => id).filter((id) => !fields.has(id))).toEqual([]);
    expect(new Set(GPM_METRICS.map(({ id }) => id))).toEqual(constantsWith('NVML_GPM_METRIC_'));
    expect(new Set(EVENT_NAMES.keys())).toEqual(constantsWith('nvmlEvent'));
    for (const [names, prefix] of [
      [RECOVERY_ACTIONS, 'NVML_GPU_RECOVERY_ACTION_'],
      [FABRIC_STATES, 'NVML_GPU_FABRIC_STATE_'],
      [COMPUTE_MODES, 'NVML_COMPUTEMODE_'],
    ] as const) {
      expect(names.map((name, number) => [prefix + name.toUpperCase(), number])).toEqual(
        Object.entries(NVML_CONSTANTS).filter(([name]) => name.startsWith(prefix)),
      );
    }
    expect(new Set(THROTTLE_REASONS.map(([bit]) => bit))).toEqual(constantsWith('nvmlClocksEventReason'));
  });
});

/** Run with UPDATE_BINDING=1 to record anew. */
it("what is recorded of NVIDIA's Python binding is what the installed one says", (context) => {
  const binding = readBinding(bindingFolder(context));
  if (process.env.UPDATE_BINDING === '1') {
    const command = `UPDATE_BINDING=1 npx vitest run exporter/test/nvml/layout.test.ts`;
    writeFileSync(RECORD, `${JSON.stringify({ generated: command, binding }, null, 2)}\n`);
  }
  expect(binding.version).toBe(BINDING_VERSION);
  expect(recorded()).toEqual(binding);
});
