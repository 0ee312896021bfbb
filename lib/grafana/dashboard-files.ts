import { createHash } from 'node:crypto';
import type { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { putInOverlay } from '../core/gitops/overlay';
import { k8s } from '../core/k8s';
import type { Metadata } from '../core/workload';
import { checkDashboard, type Dashboard } from '../model/dashboard';
import type { Problems } from '../model/problem';
import { didYouMean } from '../model/suggest';

const ROOT = '/var/lib/grafana/dashboards';

/** Bytes that a client-side `kubectl apply` can keep in its annotation. */
const CLIENT_SIDE = 256 * 1024;

interface Entry {
  readonly dashboard: Dashboard;
  readonly folder: string;
  readonly configMap: string;
}

/**
 * Dashboards as files: a ConfigMap each, mounted in one folder per folder of Grafana.
 *
 * Every folder is a volume of its own, as Grafana does not follow links to folders, and Kubernetes makes such links for
 * folders within a volume.
 *
 * @see https://grafana.com/docs/grafana/latest/administration/provisioning/#dashboards
 */
export class DashboardFiles extends Construct {
  private readonly entries: Entry[] = [];

  public constructor(
    scope: Construct,
    id: string,
    private readonly metadata: Metadata,
  ) {
    super(scope, id);
  }

  /** The objects that were made. */
  public get objects(): readonly ApiObject[] {
    return this.node.children as ApiObject[];
  }

  /** Makes the ConfigMap of a dashboard; the same dashboard in the same folder once. */
  public add(dashboard: Dashboard, folder: string): void {
    if (this.entries.some((entry) => entry.dashboard === dashboard && entry.folder === folder)) {
      return;
    }
    const metadata = this.metadata.object(`dashboard-${slug(dashboard.uid)}`);
    const content = render(dashboard);
    const taken = this.entries.some((entry) => entry.configMap === metadata.name);
    this.entries.push({ dashboard, folder, configMap: metadata.name ?? '' });
    // A second dashboard of the same name is a problem, which check reports.
    if (!taken) {
      const data = { [`${dashboard.uid}.json`]: content };
      putInOverlay(new k8s.KubeConfigMap(this, slug(dashboard.uid), { metadata, data }), 'dashboards');
    }
  }

  /** One volume per folder; Grafana starts without the dashboards, and finds those that are applied later. */
  public volumes(): k8s.Volume[] {
    return this.folders().map((folder) => ({
      name: volumeName(folder),
      projected: {
        sources: this.entries
          .filter((entry) => entry.folder === folder)
          .map(({ configMap }) => ({ configMap: { name: configMap, optional: true } })),
      },
    }));
  }

  /** Where the volumes go in the container. */
  public mounts(): k8s.VolumeMount[] {
    return this.folders().map((folder) => ({ name: volumeName(folder), mountPath: path(folder), readOnly: true }));
  }

  /** Renders the provisioning file: a provider per folder. What is gone from the files goes from Grafana. */
  public providers(updateIntervalSeconds: number): Record<string, unknown> {
    return {
      apiVersion: 1,
      providers: this.folders().map((folder) => ({
        name: folder === '' ? 'General' : folder.replaceAll('$', '$$$$'),
        orgId: 1,
        folder: folder.replaceAll('$', '$$$$'),
        ...(folder !== '' && { folderUid: slug(folder) }),
        type: 'file',
        disableDeletion: false,
        allowUiUpdates: false,
        updateIntervalSeconds,
        options: { path: path(folder) },
      })),
    };
  }

  /** The file of a dashboard in the container; undefined where there is no such dashboard. */
  public file(uid: string): string | undefined {
    const entry = this.entries.find((each) => each.dashboard.uid === uid);
    return entry && `${path(entry.folder)}/${uid}.json`;
  }

  /** Checks every dashboard, and that each can be told from the others. */
  public check(problems: Problems): void {
    for (const [index, { dashboard, folder, configMap }] of this.entries.entries()) {
      const { uid, title } = dashboard;
      const earlier = this.entries.slice(0, index);
      const here = problems.within(`dashboards/${uid}`);
      checkDashboard(dashboard, problems);
      checkFolder(folder, here);
      const near = earlier.find((other) => other.folder !== folder && path(other.folder) === path(folder));
      if (near !== undefined) {
        here.add(
          'folder',
          `"${folder}" is too much like "${near.folder}": their files would lie in one place. Rename one.`,
        );
      }
      const same = earlier.find((other) => other.configMap === configMap);
      const twin = earlier.find((other) => other.folder === folder && alike(other.dashboard.title, title));
      if (same !== undefined) {
        const names = `"${same.dashboard.title}" (${same.dashboard.uid}) and "${title}" (${uid})`;
        here.add('uid', `${names} need different uids; case and punctuation do not count.`);
      } else if (twin !== undefined) {
        const place = folder === '' ? 'no folder' : `folder "${folder}"`;
        here.add('title', `"${title}" is also the title of ${twin.dashboard.uid} in ${place}.`);
      }
    }
  }

  /** Checks that there is a dashboard of that uid. */
  public checkUid(uid: string | undefined, property: string, problems: Problems): void {
    const uids = this.entries.map(({ dashboard }) => dashboard.uid);
    if (uid !== undefined && !uids.includes(uid)) {
      problems.add(
        property,
        `No dashboard has the uid "${uid}". Allowed: ${uids.join(', ') || 'none yet'}.${didYouMean(uid, uids)}`,
      );
    }
  }

  private folders(): readonly string[] {
    return [...new Set(this.entries.map(({ folder }) => folder))].sort();
  }
}

function alike(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Uid and title win over those in the model, and the id is that of another Grafana's database. */
function render({ uid, title, model }: Dashboard): string {
  const { id: _id, uid: _uid, title: _title, ...rest } = model;
  const content = { uid, title, ...rest };
  const readable = `${JSON.stringify(content, undefined, 2)}\n`;
  return Buffer.byteLength(readable) < CLIENT_SIDE / 2 ? readable : `${JSON.stringify(content)}\n`;
}

function checkFolder(folder: string, problems: Problems): void {
  if (folder !== folder.trim() || folder.includes('/') || folder.toLowerCase() === 'general') {
    problems.add('folder', `"${folder}" received. Allowed: a title without /, not General; none for no folder.`);
  }
}

function path(folder: string): string {
  return `${ROOT}/${folder === '' ? 'general' : slug(folder)}`;
}

function volumeName(folder: string): string {
  return `dashboards-${folder === '' ? 'general' : slug(folder)}`;
}

/** A text as part of an object's name; one without Latin letters and digits gives a hash. */
function slug(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return plain === '' ? createHash('sha256').update(text).digest('hex').slice(0, 8) : plain;
}
