import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { HARDENED_CONTAINER, HARDENED_POD } from './hardened-pod';
import { PYTORCH_IMAGE } from './images';
import { TRAINING_SCRIPT } from './training-script';

/** Where the processes find each other. */
const RENDEZVOUS_PORT = 29500;

/** How a network is trained on several GPUs. */
export interface TrainingJobProps {
  readonly namespace: string;
  /** Name of the Job; its workers are `<name>-<index>-<random>`. @default training */
  readonly name?: string;
  /** Pods that train together. @default 2 */
  readonly workers?: number;
  /** GPUs of each pod; one process runs on each. @default 1 */
  readonly gpusPerWorker?: number;
  /** How long it trains. @default 10 */
  readonly minutes?: number;
  /** An image with PyTorch, CUDA and NCCL. @default - PyTorch's own, pinned */
  readonly image?: string;
}

/**
 * Several pods that train one network together, by PyTorch's DistributedDataParallel.
 *
 * An Indexed Job gives each pod a number and a host name; torchrun takes the number as the rank of the node, and the
 * first pod as the place where all meet. Each needs the others, so a worker without a GPU has all of them wait.
 *
 * The Job stays when it is over: one that removes itself would be made anew by whatever applies this from a repository.
 *
 * @see https://kubernetes.io/docs/tasks/job/job-with-pod-to-pod-communication/
 * @see https://docs.pytorch.org/docs/stable/elastic/run.html
 */
export class TrainingJob extends Construct {
  /** Name of the Job. */
  public readonly name: string;
  public readonly job: k8s.KubeJob;
  public readonly service: k8s.KubeService;

  public constructor(scope: Construct, id: string, props: TrainingJobProps) {
    super(scope, id);
    const { namespace, name = 'training', workers = 2, gpusPerWorker = 1, minutes = 10, image = PYTORCH_IMAGE } = props;
    this.name = name;
    this.check({ workers, gpusPerWorker, minutes });
    const selector = { 'app.kubernetes.io/name': 'training', 'app.kubernetes.io/instance': name };
    const labels = { ...selector, 'app.kubernetes.io/part-of': 'gpu-demo' };
    const metadata = { name, namespace, labels };
    new k8s.KubeConfigMap(this, 'Script', { metadata, data: { 'train.py': TRAINING_SCRIPT } });
    this.service = new k8s.KubeService(this, 'Service', {
      metadata,
      spec: {
        clusterIp: 'None',
        // The first pod has to be found before anything in it answers.
        publishNotReadyAddresses: true,
        selector,
        ports: [{ name: 'rendezvous', port: RENDEZVOUS_PORT }],
      },
    });
    // NCCL listens on ports of its own choice.
    const peers = [{ podSelector: { matchLabels: selector } }];
    new k8s.KubeNetworkPolicy(this, 'NetworkPolicy', {
      metadata,
      spec: {
        podSelector: { matchLabels: selector },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: peers }],
        egress: [{ to: peers }, NAME_SERVICE],
      },
    });
    this.job = new k8s.KubeJob(this, 'Job', {
      metadata,
      spec: {
        completionMode: 'Indexed',
        completions: workers,
        parallelism: workers,
        // One worker that fails takes all the others with it: this is twice for everyone.
        backoffLimit: 2 * workers,
        // Half an hour for images and GPUs; then it gives the GPUs back.
        activeDeadlineSeconds: Math.ceil(minutes * 60) + 1800,
        template: {
          metadata: { labels },
          spec: {
            ...HARDENED_POD,
            restartPolicy: 'Never',
            subdomain: name,
            topologySpreadConstraints: [
              {
                maxSkew: 1,
                topologyKey: 'kubernetes.io/hostname',
                whenUnsatisfiable: 'ScheduleAnyway',
                labelSelector: { matchLabels: selector },
              },
            ],
            containers: [
              {
                name: 'worker',
                image,
                command: [
                  'torchrun',
                  `--nnodes=${workers}`,
                  '--node-rank=$(JOB_COMPLETION_INDEX)',
                  `--nproc-per-node=${gpusPerWorker}`,
                  `--master-addr=${name}-0.${name}.${namespace}.svc`,
                  `--master-port=${RENDEZVOUS_PORT}`,
                  '/scripts/train.py',
                  `--minutes=${minutes}`,
                ],
                env: [
                  { name: 'HOME', value: '/tmp' },
                  { name: 'OMP_NUM_THREADS', value: '1' },
                  { name: 'NCCL_DEBUG', value: 'WARN' },
                ],
                ports: [{ name: 'rendezvous', containerPort: RENDEZVOUS_PORT }],
                resources: resources(gpusPerWorker),
                securityContext: HARDENED_CONTAINER,
                volumeMounts: [
                  { name: 'scripts', mountPath: '/scripts', readOnly: true },
                  { name: 'tmp', mountPath: '/tmp' },
                  { name: 'shared-memory', mountPath: '/dev/shm' },
                ],
              },
            ],
            volumes: [
              { name: 'scripts', configMap: { name } },
              { name: 'tmp', emptyDir: { sizeLimit: k8s.Quantity.fromString('1Gi') } },
              // NCCL passes data between the processes of a pod through it; a container runtime gives 64 MiB.
              { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString('1Gi') } },
            ],
          },
        },
      },
    });
  }

  private check({ minutes, ...counts }: { minutes: number; workers: number; gpusPerWorker: number }): void {
    for (const [property, count] of Object.entries(counts)) {
      if (!Number.isInteger(count) || count < 1) {
        throw new Error(`${this.node.path}: ${property}: ${count} received. Allowed: a whole number from 1.`);
      }
    }
    if (!(minutes > 0 && Number.isFinite(minutes))) {
      throw new Error(`${this.node.path}: minutes: ${minutes} received. Allowed: a number above 0.`);
    }
  }
}

const NAME_SERVICE: k8s.NetworkPolicyEgressRule = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: ['UDP', 'TCP'].map((protocol) => ({ port: k8s.IntOrString.fromNumber(53), protocol })),
};

function resources(gpus: number): k8s.ResourceRequirements {
  const quantity = (amount: number, unit = '') => k8s.Quantity.fromString(`${amount}${unit}`);
  return {
    requests: { cpu: quantity(gpus), memory: quantity(4 * gpus, 'Gi') },
    limits: { memory: quantity(8 * gpus, 'Gi'), 'nvidia.com/gpu': quantity(gpus) },
  };
}
