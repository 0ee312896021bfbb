import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyFiles } from './harness/apply-files';
import { type Output, readObjects, removeOutput, synthesizeApp } from './harness/synthesized';
import { testCluster } from './harness/test-cluster';

/** Namespaces of others in which an app's Prometheus watches pods. */
const FOREIGN = ['etl'];

describe.each(['main', 'minimal', 'production', 'environments'])('apps/%s.ts', (app) => {
  const cluster = testCluster();
  let outputs: readonly Output[] = [];

  beforeAll(async () => {
    outputs = await synthesizeApp(app);
    const metadata = FOREIGN.map((name) => ({ name }));
    await cluster.apply(metadata.map((each) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: each })));
  });

  afterAll(() => removeOutput(outputs));

  it('is accepted by the API server, field by field and without a warning, under its Pod Security levels', async () => {
    for (const { name, files } of outputs) {
      const namespaces = files.filter((file) => file.endsWith('-namespaces.k8s.yaml'));
      expect((await applyFiles(cluster, namespaces)).stderr, name).toBe('');
      const { stdout, stderr } = await applyFiles(cluster, files, ['--dry-run=server']);
      expect(stderr, name).toBe('');
      const objects = await readObjects(files);
      expect(stdout.trim().split('\n'), name).toHaveLength(objects.length);
    }
  });

  it('has pods that the Pod Security level of their namespace really admits', async () => {
    for (const { name, files } of outputs) {
      for (const { kind, metadata, spec } of await readObjects(files)) {
        const template = spec?.template as { metadata: object; spec: Record<string, unknown> } | undefined;
        if (template === undefined || kind === 'Job') {
          continue;
        }
        const claims = (spec?.volumeClaimTemplates ?? []) as readonly { metadata: { name: string } }[];
        const volumes = (template.spec.volumes ?? []) as readonly object[];
        const pod = {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { ...template.metadata, name: `admitted-${metadata.name}`, namespace: metadata.namespace },
          spec: {
            ...template.spec,
            // The StatefulSet adds the volumes of its claims, and the account is not there in a dry run.
            volumes: [...volumes, ...claims.map((claim) => ({ name: claim.metadata.name, emptyDir: {} }))],
            serviceAccountName: undefined,
          },
        };
        const said = await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], { input: JSON.stringify(pod) });
        expect(said, `${name} ${kind} ${metadata.name}`).toContain('created (server dry run)');
      }
    }
  });
});
