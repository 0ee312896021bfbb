import type { Capability } from '../sample.js';

/** Says once, without a device, what is the same of every device: nodes have GPUs of one kind as a rule. */
export function mergeCapabilities(all: readonly Capability[], devices: number): readonly Capability[] {
  const groups = new Map<string, Capability[]>();
  for (const capability of all) {
    const key = `${capability.capability} ${capability.reason}`;
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [capability]);
    } else {
      group.push(capability);
    }
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first !== undefined && group.length === devices
      ? [{ capability: first.capability, supported: first.supported, reason: first.reason }]
      : group;
  });
}
