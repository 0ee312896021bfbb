import { Chart, Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { TrainingJob, type TrainingJobProps } from '../../../apps/gpu-demo/training-job';
import { VectorAdd } from '../../../apps/gpu-demo/vector-add';
import { objectOf, podOf, type TestPod } from '../../objects';
import { restrictedViolations } from './pod-security';

function make(props: Partial<TrainingJobProps> = {}) {
  const chart = new Chart(Testing.app(), 'chart', { disableResourceNameHashes: true });
  new TrainingJob(chart, 'job', { namespace: 'gpu-demo', ...props });
  new VectorAdd(chart, 'vector-add', { namespace: 'gpu-demo' });
  const name = props.name ?? 'training';
  const job = objectOf(chart, `Job gpu-demo/${name}`);
  const [worker] = podOf(job).spec.containers;
  return { chart, name, job, spec: podOf(job).spec, worker: worker as TestPod['spec']['containers'][number] & Worker };
}

interface Worker {
  readonly command: readonly string[];
  readonly resources: { readonly limits: Readonly<Record<string, string>> };
}

describe('a training job', () => {
  it('numbers its workers, and has each meet the first by its name in the Service', () => {
    const { chart, job, spec, worker } = make();
    expect(job.spec).toMatchObject({ completionMode: 'Indexed', completions: 2, parallelism: 2 });
    const service = objectOf(chart, 'Service gpu-demo/training').spec;
    // Pods of an Indexed Job are hosts named after the Job and their number, in the domain of that Service.
    expect(spec.subdomain).toBe('training');
    expect(worker.command).toEqual(
      expect.arrayContaining(['--node-rank=$(JOB_COMPLETION_INDEX)', '--master-addr=training-0.training.gpu-demo.svc']),
    );
    expect(service).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(podOf(job).metadata.labels).toMatchObject(service.selector as object);
    const [port] = service.ports as readonly { readonly port: number }[];
    expect(worker.command).toContain(`--master-port=${port?.port}`);
  });

  it('runs the script of its ConfigMap from a root that nobody can write to', () => {
    const { chart, spec, worker } = make();
    const [scripts] = spec.volumes ?? [];
    expect(scripts).toMatchObject({ configMap: { name: 'training' } });
    const mount = worker.volumeMounts?.find(({ name }) => name === scripts?.name);
    expect(worker.command).toContain(`${mount?.mountPath}/train.py`);
    const script = objectOf(chart, 'ConfigMap gpu-demo/training').data['train.py'];
    for (const flag of worker.command.slice(worker.command.indexOf('/scripts/train.py') + 1)) {
      expect(script).toContain(`"${flag.split('=')[0]}"`);
    }
  });

  it('talks to its own workers and to the name service, and to nobody else', () => {
    const { chart, job } = make();
    const { labels } = podOf(job).metadata;
    const { podSelector, ingress, egress } = objectOf(chart, 'NetworkPolicy gpu-demo/training').spec as {
      podSelector: { matchLabels: object };
      ingress: unknown;
      egress: readonly unknown[];
    };
    expect(labels).toMatchObject(podSelector.matchLabels);
    expect(ingress).toEqual([{ from: [{ podSelector }] }]);
    expect(egress).toEqual([
      { to: [{ podSelector }] },
      {
        to: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
            podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
          },
        ],
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      },
    ]);
  });

  it('passes every prop on', () => {
    const props: Required<TrainingJobProps> = {
      namespace: 'gpu-demo',
      name: 'finetune',
      workers: 4,
      gpusPerWorker: 8,
      minutes: 45,
      image: 'registry.example.com/train:1.2.3',
    };
    const { chart, job, spec, worker } = make(props);
    expect(job.spec).toMatchObject({ completions: 4, parallelism: 4, activeDeadlineSeconds: 45 * 60 + 1800 });
    expect(spec.subdomain).toBe('finetune');
    expect(worker.image).toBe('registry.example.com/train:1.2.3');
    expect(worker.command).toEqual(
      expect.arrayContaining([
        '--nnodes=4',
        '--nproc-per-node=8',
        '--master-addr=finetune-0.finetune.gpu-demo.svc',
        '--minutes=45',
      ]),
    );
    expect(worker.resources.limits['nvidia.com/gpu']).toBe('8');
    expect(objectOf(chart, 'Service gpu-demo/finetune').spec.selector).toMatchObject({
      'app.kubernetes.io/instance': 'finetune',
    });
  });

  it.each([
    [{ workers: 0 }, 'workers: 0 received. Allowed: a whole number from 1.'],
    [{ workers: 1.5 }, 'workers: 1.5 received. Allowed: a whole number from 1.'],
    [{ gpusPerWorker: -1 }, 'gpusPerWorker: -1 received. Allowed: a whole number from 1.'],
    [{ minutes: 0 }, 'minutes: 0 received. Allowed: a number above 0.'],
    [{ minutes: Number.NaN }, 'minutes: NaN received. Allowed: a number above 0.'],
  ])('refuses %o', (props, message) => {
    expect(() => make(props)).toThrow(`chart/job: ${message}`);
  });
});

describe('the pods of the demonstration', () => {
  it('pass the Pod Security level restricted, with a read-only root and no token', () => {
    const { chart, spec } = make();
    const vectorAdd = objectOf(chart, 'Pod gpu-demo/cuda-vector-add').spec as TestPod['spec'];
    for (const pod of [spec, vectorAdd]) {
      expect(restrictedViolations(pod)).toEqual([]);
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.containers.map(({ securityContext }) => securityContext)).toEqual([
        expect.objectContaining({ readOnlyRootFilesystem: true }),
      ]);
    }
  });

  it('have one GPU in the vector addition, and go to nodes that are kept for GPUs', () => {
    const { chart, spec } = make();
    const vectorAdd = objectOf(chart, 'Pod gpu-demo/cuda-vector-add').spec as TestPod['spec'];
    expect(vectorAdd.containers[0]?.resources).toMatchObject({ limits: { 'nvidia.com/gpu': '1' } });
    for (const { tolerations } of [spec, vectorAdd]) {
      expect(tolerations).toEqual([{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }]);
    }
  });
});
