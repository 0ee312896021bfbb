// The façade.

// The parts, each usable alone.
export { Alertmanager } from './alertmanager/alertmanager';
export type { IAlertmanager } from './alertmanager/alertmanager-interface';
export type { AlertmanagerProps } from './alertmanager/alertmanager-props';
export {
  AlertmanagerConfig,
  type AlertmanagerConfigProps,
  type MatcherStrategy,
} from './alertmanager/operator/alertmanager-config';
export { OperatorAlertmanager } from './alertmanager/operator/operator-alertmanager';
export {
  type AlertRouter,
  Backend,
  type ExistingOperatorOptions,
  type OperatorBackendOptions,
} from './backend';
export type { ClusterNetwork, Destination } from './core/cluster-network';
export {
  type ClusterFacts,
  type ClusterOptions,
  ClusterProfile,
  type ControlPlaneComponent,
  type ControlPlaneTargets,
  type StaticPodClusterOptions,
} from './core/cluster-profile';
export { Connections } from './core/connections';
export { Crds } from './core/crds';
export { Exposure } from './core/exposure';
export type { ArgoCdOptions } from './core/gitops/argo-cd';
export type { FluxOptions, FluxSourceRef } from './core/gitops/flux';
export { GitOps } from './core/gitops/gitops';
// What all parts share.
export { type ImageName, type ImageOptions, Images } from './core/images';
export { type ConnectionPort, Peer } from './core/peer';
export type { Access, AccessRule } from './core/rbac';
export { type ProxiedEndpoint, type ProxiedTargetOptions, RbacProxy } from './core/rbac-proxy';
export {
  RbacProxyAuthorization,
  type RequestVerb,
  type ResourceAttributes,
  type StaticRule,
} from './core/rbac-proxy-authorization';
export type {
  CipherSuite,
  ClientCertificateProxyOptions,
  RbacProxyHttp2,
  RbacProxyOptions,
  RbacProxyTls,
  TokenProxyOptions,
} from './core/rbac-proxy-options';
export type { ProxiedProps } from './core/rbac-proxy-sidecar';
export { SERVICE_ACCOUNT } from './core/service-account-files';
export { type ClaimOptions, Storage } from './core/storage';
export { SynthesisError } from './core/synthesis';
export type { Resources, WorkloadProps } from './core/workload';
export { Auth } from './grafana/auth';
export { DataSource } from './grafana/data-source';
export { Grafana } from './grafana/grafana';
export type { GrafanaProps } from './grafana/grafana-props';
export { SidecarDashboards, type SidecarDashboardsProps } from './grafana/sidecar-dashboards';
export type { InhibitRule } from './model/alerting/inhibit-rule';
// Who is told.
export { Integration } from './model/alerting/integration';
export { Matcher, type Matchers } from './model/alerting/matcher';
export { Receiver } from './model/alerting/receiver';
export type { RoutedAlert } from './model/alerting/route-of';
export { type GroupingOptions, type RouteOptions, Routing } from './model/alerting/routing';
export type { NamedTimeInterval, TimeInterval } from './model/alerting/time-interval';
export type { Dashboard } from './model/dashboard';
export type { Authorization, BasicAuth, FileSource, HttpClientConfig, OAuth2, TlsConfig } from './model/http-client';
// What is scraped, alerted on and shown.
export type { Labels } from './model/label';
export type { IMonitored, MonitoringPack } from './model/monitoring-pack';
export type { Problem } from './model/problem';
export { ConfigMapKey, SecretKey, SecretName } from './model/references';
export { Relabel, type RelabelAction, type RelabelConfig } from './model/relabel';
export type { RemoteRead, RemoteWrite, RemoteWriteQueue } from './model/remote-storage';
export {
  type AlertOptions,
  type AlertRule,
  alert,
  type RecordingOptions,
  type RecordingRule,
  type Rule,
  type RuleGroup,
  record,
  type Severity,
} from './model/rules';
export type { LabelExpression, LabelSelector, Namespaces } from './model/scrape/discovery';
export type { ScrapeEndpoint, ScrapeLimits, ScrapeProtocol } from './model/scrape/endpoint';
export {
  type AnnotatedOptions,
  type ScrapeOptions,
  ScrapeTarget,
  type SelectorOptions,
} from './model/scrape/scrape-target';
export { MonitoringStack, type MonitoringStackProps } from './monitoring-stack';
export { ForeignPrometheus, type ForeignPrometheusProps } from './prometheus/operator/foreign-prometheus';
export { OperatorPrometheus, type OperatorPrometheusProps } from './prometheus/operator/operator-prometheus';
export type {
  EnforcedLimits,
  ForeignMonitors,
  OperatorOptions,
  ScrapeClassOptions,
  ThanosSidecarOptions,
} from './prometheus/operator/operator-props';
export { PrometheusOperator, type PrometheusOperatorProps } from './prometheus/operator/prometheus-operator';
export type { IPrometheus, Monitorable } from './prometheus/prometheus';
export type {
  PrometheusProps,
  QueryOptions,
  RemoteReadServerOptions,
  RuleOptions,
  TsdbOptions,
  WebOptions,
} from './prometheus/prometheus-props';
export { StandalonePrometheus } from './prometheus/standalone/standalone-prometheus';
export {
  AmdDeviceConfig,
  type AmdDeviceConfigProps,
  type DeviceConfigSpec,
} from './targets/gpu/amd-device-config/device-config';
export type { DeviceConfigOptions } from './targets/gpu/amd-device-config/own-device-config';
export { AmdExporter } from './targets/gpu/amd-exporter';
export type { DeviceAccess, DriverDirectory } from './targets/gpu/bundled-exporter/device-access';
export { GpuExporter } from './targets/gpu/bundled-exporter/gpu-exporter';
export type {
  AttributionSources,
  CollectOptions,
  DcgmProfileOptions,
  GpuExporterProps,
  MetricProfile,
} from './targets/gpu/bundled-exporter/gpu-exporter-props';
export type { PrivilegeProfile } from './targets/gpu/bundled-exporter/privileges';
export type { ContainerRuntime } from './targets/gpu/bundled-exporter/sources';
export { type Counter, DEFAULT_COUNTERS } from './targets/gpu/dcgm-exporter/counters';
export { DcgmExporter } from './targets/gpu/dcgm-exporter/dcgm-exporter';
export type { DcgmExporterProps, PodMapping } from './targets/gpu/dcgm-exporter/dcgm-exporter-props';
export { type AmdGpuOptions, Gpu, type NvidiaGpuOptions } from './targets/gpu/gpu';
export type { GpuScrapeOptions } from './targets/gpu/gpu-scrape';
export type { BoundGpu } from './targets/gpu/gpu-source';
export { NvidiaExporter } from './targets/gpu/nvidia-exporter';
export { type CustomPodLabels, PodLabels } from './targets/gpu/pod-labels';
export { KubeStateMetrics, type KubeStateMetricsProps } from './targets/kube-state-metrics/kube-state-metrics';
export type { StateResource } from './targets/kube-state-metrics/resources';
export { type KubernetesOptions, kubernetesPacks } from './targets/kubernetes/kubernetes';
export type { NodeCollector } from './targets/node-exporter/collectors';
export { NodeExporter, type NodeExporterProps } from './targets/node-exporter/node-exporter';
