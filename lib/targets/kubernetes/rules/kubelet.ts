import { alert, type Rule, type RuleGroup } from '../../../model/rules';
import { runbook } from '../../../model/runbook';
import { type Component, clientErrors, componentDown } from './component';
import { highest } from './object-series';
import { volumeUsageRules } from './volumes';

const KUBELET: Component = {
  job: 'kubelet',
  alerts: 'Kubelet',
  called: 'the kubelet',
  outage: 'no container is started or looked after',
};
const SELF = 'job="kubelet"';
const CERTIFICATES = 'kubelet_certificate_manager';

/** Rules about the agent of Kubernetes on every node, and about the volumes that it mounts. */
export function kubeletRules(): readonly RuleGroup[] {
  return [
    { name: 'kubelet.alerts', rules: HEALTH },
    { name: 'kubelet.certificates', rules: CERTIFICATE_RULES },
    { name: 'kubelet.volumes', rules: volumeUsageRules() },
  ];
}

const HEALTH: readonly Rule[] = [
  componentDown(KUBELET),
  alert('KubeletInstanceUnreachable', {
    expr: `up{${SELF}} == 0`,
    for: '15m',
    severity: 'warning',
    summary: 'The kubelet of a node does not answer.',
    description: 'Prometheus cannot scrape the kubelet of node {{ $labels.node }} at {{ $labels.instance }}.',
    runbook: runbook('KubeletInstanceUnreachable'),
  }),
  clientErrors(KUBELET),
  alert('KubeletTooManyPods', {
    expr:
      `max by (node) (kubelet_running_pods{${SELF}}) ` +
      `/ ${highest(['node'], 'kube_node_status_allocatable', 'resource="pods"')} > 0.95`,
    for: '15m',
    severity: 'info',
    summary: 'A node runs almost as many pods as it may.',
    description: 'Node {{ $labels.node }} runs {{ $value | humanizePercentage }} of the pods that it may run.',
    runbook: runbook('KubeletTooManyPods'),
  }),
  alert('KubeletPlegDurationHigh', {
    expr: `histogram_quantile(0.99, sum by (node, le) (rate(kubelet_pleg_relist_duration_seconds_bucket{${SELF}}[5m]))) > 5`,
    for: '10m',
    severity: 'warning',
    summary: 'The kubelet of a node is slow to list its containers.',
    description:
      'Listing containers takes the kubelet of node {{ $labels.node }} {{ $value | humanizeDuration }}. The node becomes not ready when it takes too long.',
    runbook: runbook('KubeletPlegDurationHigh'),
  }),
  alert('KubeletPodStartUpLatencyHigh', {
    expr: `histogram_quantile(0.99, sum by (node, le) (rate(kubelet_pod_start_sli_duration_seconds_bucket{${SELF}}[10m]))) > 120`,
    for: '15m',
    severity: 'warning',
    summary: 'Pods start slowly on a node.',
    description:
      'On node {{ $labels.node }}, pods need {{ $value | humanizeDuration }} to start, without the time for images and init containers.',
    runbook: runbook('KubeletPodStartUpLatencyHigh'),
  }),
  alert('KubeNodeEviction', {
    // A counter that appears with its first eviction has no increase yet.
    expr:
      `max by (node, eviction_signal) (increase(kubelet_evictions{${SELF}}[15m])) > 0 ` +
      `or max by (node, eviction_signal) (kubelet_evictions{${SELF}} unless kubelet_evictions{${SELF}} offset 15m) > 0`,
    for: '1m',
    severity: 'info',
    summary: 'A node evicts pods.',
    description: 'The kubelet of node {{ $labels.node }} evicted pods because of {{ $labels.eviction_signal }}.',
    runbook: runbook('KubeNodeEviction'),
  }),
];

const CERTIFICATE_RULES: readonly Rule[] = [
  ...(['client', 'server'] as const).flatMap((side) => {
    const kind = side === 'client' ? 'Client' : 'Server';
    const expires = `Kubelet${kind}CertificateExpiration`;
    const imminent = `Kubelet${kind}CertificateExpirationImminent`;
    const description = `The ${side} certificate of the kubelet of node {{ $labels.node }} expires in {{ $value | humanizeDuration }}.`;
    const timeLeft = `${CERTIFICATES}_${side}_ttl_seconds{${SELF}}`;
    return [
      alert(expires, {
        expr: `${timeLeft} < 7 * 24 * 3600`,
        for: '15m',
        severity: 'warning',
        summary: `The ${side} certificate of a kubelet expires within a week.`,
        description,
        runbook: runbook(expires),
      }),
      alert(imminent, {
        expr: `${timeLeft} < 24 * 3600`,
        for: '15m',
        severity: 'critical',
        summary: `The ${side} certificate of a kubelet expires within a day.`,
        description,
        runbook: runbook(imminent),
      }),
    ];
  }),
  alert('KubeletClientCertificateRenewalErrors', {
    expr: `increase(${CERTIFICATES}_client_expiration_renew_errors{${SELF}}[15m]) > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'A kubelet cannot renew its client certificate.',
    description:
      'The kubelet of node {{ $labels.node }} failed {{ $value | humanize }} times in 15 minutes to renew the certificate that it needs to reach the API server.',
    runbook: runbook('KubeletClientCertificateRenewalErrors'),
  }),
  alert('KubeletServerCertificateRenewalErrors', {
    expr: `increase(kubelet_server_expiration_renew_errors{${SELF}}[15m]) > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'A kubelet cannot renew its server certificate.',
    description:
      'The kubelet of node {{ $labels.node }} failed {{ $value | humanize }} times in 15 minutes to renew the certificate that it serves with.',
    runbook: runbook('KubeletServerCertificateRenewalErrors'),
  }),
];
