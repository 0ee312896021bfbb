import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { HARDENED_CONTAINER, HARDENED_POD } from './hardened-pod';
import { VECTOR_ADD_IMAGE } from './images';

/**
 * Adds two vectors on one GPU and ends: the smallest proof that pods get GPUs.
 *
 * It is over within a second, so kube-state-metrics sees it, but hardly any exporter of GPUs does.
 */
export class VectorAdd extends Construct {
  public readonly pod: k8s.KubePod;

  public constructor(scope: Construct, id: string, props: { readonly namespace: string }) {
    super(scope, id);
    this.pod = new k8s.KubePod(this, 'Pod', {
      metadata: {
        name: 'cuda-vector-add',
        namespace: props.namespace,
        labels: { 'app.kubernetes.io/name': 'cuda-vector-add', 'app.kubernetes.io/part-of': 'gpu-demo' },
      },
      spec: {
        ...HARDENED_POD,
        restartPolicy: 'OnFailure',
        containers: [
          {
            name: 'cuda-vector-add',
            image: VECTOR_ADD_IMAGE,
            resources: {
              requests: { cpu: k8s.Quantity.fromString('100m'), memory: k8s.Quantity.fromString('256Mi') },
              limits: { memory: k8s.Quantity.fromString('2Gi'), 'nvidia.com/gpu': k8s.Quantity.fromString('1') },
            },
            securityContext: HARDENED_CONTAINER,
          },
        ],
      },
    });
  }
}
