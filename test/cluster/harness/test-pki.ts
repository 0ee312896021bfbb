import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateAuthority, type KeyUsage } from './pki';

/** A certificate with its key, as PEM and as files on this machine. */
export interface Credentials {
  readonly certificate: string;
  readonly key: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Where an object goes. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * A certificate authority of a test, apart from the cluster's, with certificates for what the test runs.
 *
 * A server's certificate is no client's and the other way round, so that a mix-up does not go unseen.
 */
export class TestPki {
  static async create(): Promise<TestPki> {
    const folder = await mkdtemp(join(tmpdir(), 'test-pki-'));
    const authority = await CertificateAuthority.create(folder, '/CN=test-ca');
    return new TestPki(authority, await readFile(authority.path('ca.crt'), 'utf8'));
  }

  private constructor(
    private readonly authority: CertificateAuthority,
    /** The authority's certificate as PEM. */
    readonly authorityCertificate: string,
  ) {}

  /** The authority's certificate as a file on this machine. */
  get authorityFile(): string {
    return this.authority.path('ca.crt');
  }

  /** A certificate for a server under these DNS names and addresses. */
  server(name: string, hosts: readonly string[]): Promise<Credentials> {
    return this.issue(
      name,
      hosts.map((host) => `${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}`),
      'serverAuth',
    );
  }

  /** A certificate for a client, with its name as the subject's common name. */
  client(name: string): Promise<Credentials> {
    return this.issue(name, [], 'clientAuth');
  }

  /** A Secret with `tls.crt`, `tls.key` and the authority as `ca.crt`. */
  secret({ namespace, name }: ObjectName, credentials: Credentials): object {
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name, namespace },
      stringData: {
        'tls.crt': credentials.certificate,
        'tls.key': credentials.key,
        'ca.crt': this.authorityCertificate,
      },
    };
  }

  /** A ConfigMap with the authority as `ca.crt`. */
  authorityConfigMap({ namespace, name }: ObjectName): object {
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: { 'ca.crt': this.authorityCertificate },
    };
  }

  /** Removes all files. */
  remove(): Promise<void> {
    return rm(this.authority.folder, { recursive: true });
  }

  private async issue(name: string, alternativeNames: readonly string[], usage: KeyUsage): Promise<Credentials> {
    await this.authority.issue(name, `/CN=${name}`, alternativeNames, [usage]);
    const certificateFile = this.authority.path(`${name}.crt`);
    const keyFile = this.authority.path(`${name}.key`);
    const [certificate, key] = await Promise.all([readFile(certificateFile, 'utf8'), readFile(keyFile, 'utf8')]);
    return { certificate, key, certificateFile, keyFile };
  }
}
