import { createHash } from 'node:crypto';
import { MountedFiles } from '../core/mounted-files';
import { toYaml } from '../core/yaml';
import type { DashboardFiles } from './dashboard-files';
import type { DataSource } from './data-source';
import { type IniSections, renderIni } from './ini';
import { SecretEnvironment } from './secret-environment';

/** The files of Grafana's configuration, and what the pod needs so that they find their secrets. */
interface RenderedConfiguration {
  /** Keys of the ConfigMap. */
  readonly data: Record<string, string>;
  readonly files: MountedFiles;
  readonly environment: SecretEnvironment;
}

/** Renders Grafana's configuration when everything was declared. */
export class Configuration {
  public constructor(
    private readonly sections: () => IniSections,
    private readonly dataSources: readonly DataSource[],
    private readonly dashboards: DashboardFiles,
    private readonly dashboardUpdateIntervalSeconds: number,
  ) {}

  /** The files, the same for the same input. */
  public render(): RenderedConfiguration {
    const files = new MountedFiles('/etc/grafana/mounted');
    const environment = new SecretEnvironment();
    const datasources = this.dataSources.map((dataSource) => dataSource.render(environment));
    const data = {
      'grafana.ini': renderIni(this.sections(), files),
      // What is gone from the file goes from Grafana.
      'datasources.yaml': toYaml({ apiVersion: 1, prune: true, datasources }),
      'dashboards.yaml': toYaml(this.dashboards.providers(this.dashboardUpdateIntervalSeconds)),
    };
    return { data, files, environment };
  }

  /** Changes when Grafana has to be restarted; it reads dashboards again by itself. */
  public checksum(): string {
    return createHash('sha256').update(JSON.stringify(this.render().data)).digest('hex');
  }
}
