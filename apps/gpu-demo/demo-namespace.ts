import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

/** A namespace for workloads: Pod Security level `restricted`, and no connection that no NetworkPolicy allows. */
export class DemoNamespace extends Construct {
  public constructor(
    scope: Construct,
    id: string,
    /** Name of the namespace. */
    public readonly name: string,
  ) {
    super(scope, id);
    const modes = ['enforce', 'warn', 'audit'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']);
    new k8s.KubeNamespace(this, 'Namespace', { metadata: { name, labels: Object.fromEntries(modes) } });
    new k8s.KubeNetworkPolicy(this, 'DenyAll', {
      metadata: { name: 'deny-all', namespace: name },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
  }
}
