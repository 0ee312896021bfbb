import type { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { addCheck } from '../core/synthesis';
import { metadataOf } from '../core/workload';
import type { Dashboard } from '../model/dashboard';
import type { Labels } from '../model/label';
import { DashboardFiles } from './dashboard-files';

/** How the sidecar of a Grafana finds dashboards. */
export interface SidecarDashboardsProps {
  /** Labels that the sidecar looks for. @default - `grafana_dashboard: "1"`, as kube-prometheus-stack's does */
  readonly sidecarLabels?: Labels;
  /** Annotation by which the sidecar reads the folder. @default - dashboards lie in no folder */
  readonly folderAnnotation?: { readonly name: string; readonly folder: string };
  /** Put in front of the names. @default gpu-monitoring */
  readonly name?: string;
  /** @default - that of the Chart, or `monitoring` */
  readonly namespace?: string;
}

/**
 * Dashboards for a Grafana that somebody else runs: a ConfigMap each, with the labels that its sidecar looks for.
 *
 * @see https://github.com/kiwigrid/k8s-sidecar
 */
export class SidecarDashboards extends Construct {
  private readonly files: DashboardFiles;

  public constructor(scope: Construct, id: string, props: SidecarDashboardsProps = {}) {
    super(scope, id);
    const { folderAnnotation: folder } = props;
    const metadata = metadataOf('grafana', { ...props, name: props.name ?? 'gpu-monitoring' }, this);
    const sidecar = props.sidecarLabels ?? { grafana_dashboard: '1' };
    this.files = new DashboardFiles(this, 'Dashboards', {
      ...metadata,
      object: (suffix, own) => {
        const object = metadata.object(suffix, { ...sidecar, ...own });
        return folder === undefined
          ? object
          : { ...object, annotations: { ...object.annotations, [folder.name]: folder.folder } };
      },
    });
    addCheck(this, (problems) => this.files.check(problems));
  }

  /** The ConfigMaps. */
  public get objects(): readonly ApiObject[] {
    return this.files.objects;
  }

  /** Shows a dashboard. */
  public addDashboard(dashboard: Dashboard): void {
    this.files.add(dashboard, '');
  }
}
