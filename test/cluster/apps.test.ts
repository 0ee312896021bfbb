import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyFiles, difference } from './harness/apply-files';
import { type Output, readObjects, removeOutput, type SynthesizedObject, synthesizeApp } from './harness/synthesized';
import { testCluster } from './harness/test-cluster';

/** Namespaces of others in which an app's Prometheus watches pods. */
const FOREIGN = ['etl', 'gpu-operator'];

/** What NVIDIA's container toolkit brings, without which no pod of that class is admitted. */
const RUNTIME_CLASS = {
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name: 'nvidia' },
  handler: 'nvidia',
};

/** Time after which controllers and webhooks would have changed what they mean to change. */
const SETTLED_MINUTES = 1;

/** `apps/main.ts` is applied and watched for longer in default-stack.test.ts. */
describe.each(['minimal', 'production', 'environments', 'gpu', 'gpu-demo'])('apps/%s.ts', (app) => {
  const cluster = testCluster();
  let outputs: readonly Output[] = [];

  beforeAll(async () => {
    outputs = await synthesizeApp(app);
    const namespaces = FOREIGN.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
    await cluster.apply([...namespaces, RUNTIME_CLASS]);
  });

  afterAll(() => removeOutput(outputs));

  it('is accepted field by field, without a warning, and shows no difference then and later', async () => {
    for (const { name, files } of outputs) {
      const objects = await readObjects(files);
      const namespaces = files.filter((file) => file.endsWith('-namespaces.k8s.yaml'));
      expect((await applyFiles(cluster, namespaces)).stderr, name).toBe('');
      const { stdout, stderr } = await applyFiles(cluster, files);
      expect(stderr, name).toBe('');
      expect(stdout.trim().split('\n'), name).toHaveLength(objects.length);
      expect(await difference(cluster, files), name).toBe('');
      await sleep(SETTLED_MINUTES * 60_000);
      expect(await difference(cluster, files), name).toBe('');
      await cluster.kubectl(['delete', '--wait=true', ...files.flatMap((file) => ['-f', file])]);
    }
  });

  it('has pods that the Pod Security level of their namespace really admits', async () => {
    for (const { name, files } of outputs) {
      const objects = await readObjects(files);
      await cluster.apply(objects.filter(({ kind }) => kind === 'Namespace'));
      for (const object of objects) {
        if (podOf(object) !== undefined) {
          const input = JSON.stringify(podOf(object));
          const said = await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], { input });
          expect(said, `${name} ${object.kind} ${object.metadata.name}`).toContain('created (server dry run)');
        }
      }
    }
  });
});

/** The pod that a workload's controller would create. */
function podOf({ metadata, spec }: SynthesizedObject): object | undefined {
  const template = spec?.template as { metadata: object; spec: Record<string, unknown> } | undefined;
  const claims = (spec?.volumeClaimTemplates ?? []) as readonly { metadata: { name: string } }[];
  return (
    template && {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...template.metadata, name: `admitted-${metadata.name}`, namespace: metadata.namespace },
      spec: {
        ...template.spec,
        // The StatefulSet adds the volumes of its claims, and the account is not there in a dry run.
        volumes: [
          ...((template.spec.volumes ?? []) as readonly object[]),
          ...claims.map((claim) => ({ name: claim.metadata.name, emptyDir: {} })),
        ],
        serviceAccountName: undefined,
      },
    }
  );
}
