import type { MountedFiles } from '../core/mounted-files';
import { toYaml } from '../core/yaml';
import { type AlertmanagerConfiguration, renderAlertmanagerConfig } from '../model/alerting/configuration';
import { renderTls } from '../model/http-client';
import { renderWebConfig } from '../model/server-tls';
import type { AlertmanagerProps } from './alertmanager-props';

/** Root of everything that Alertmanager reads. */
export const CONFIG_ROOT = '/etc/alertmanager';
/** Folder of the ConfigMap. */
export const CONFIG_FOLDER = `${CONFIG_ROOT}/config`;
/** Names of the files in it. */
export const FILES = { config: 'alertmanager.yml', web: 'web.yml', clusterTls: 'cluster-tls.yml' } as const;

/** Name of the configuration in the Secret that prometheus-operator reads. */
export const OPERATOR_CONFIG_FILE = 'alertmanager.yaml';

/**
 * The files of the Secret that prometheus-operator reads; what they refer to is noted in `files`.
 *
 * TLS is not among them: the operator writes those files itself. It moves the configuration to another folder than the
 * templates, so these are named by their whole path.
 */
export function operatorConfigFiles(config: AlertmanagerConfiguration, files: MountedFiles): Record<string, string> {
  return {
    [OPERATOR_CONFIG_FILE]: toYaml(renderAlertmanagerConfig(config, files, `${CONFIG_FOLDER}/`)),
    ...config.templates,
  };
}

/** The files of the ConfigMap; what they refer to is noted in `files`. */
export function configFiles(
  props: AlertmanagerProps,
  config: AlertmanagerConfiguration,
  files: MountedFiles,
): Record<string, string> {
  const web = props.web?.tls;
  const tls = props.cluster?.tls;
  return {
    [FILES.config]: toYaml(renderAlertmanagerConfig(config, files)),
    ...config.templates,
    ...(web && {
      [FILES.web]: toYaml(renderWebConfig(web, files)),
    }),
    ...(tls && {
      [FILES.clusterTls]: toYaml({
        tls_server_config: {
          cert_file: files.path(tls.cert),
          key_file: files.path(tls.key),
          client_ca_file: files.path(tls.ca),
          client_auth_type: 'RequireAndVerifyClientCert',
        },
        tls_client_config: renderTls(tls, files),
      }),
    }),
  };
}
