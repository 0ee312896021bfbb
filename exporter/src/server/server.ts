import type { Logger } from '../log.js';
import { Listener } from './listener.js';
import type { Pages } from './pages.js';
import { RequestHandler, type ServerStatistics } from './request-handler.js';
import { type ReloadState, WebConfigFile } from './web-config-file.js';

/** Where and how to serve; times in seconds. */
export interface WebServerOptions {
  /** `host:port`; an empty host is every address. */
  readonly listenAddress: readonly string[];
  readonly telemetryPath: string;
  /** Web configuration file of exporter-toolkit's format. */
  readonly configFile?: string;
  /** Scrapes answered at the same time; more get 503. */
  readonly maxRequests: number;
  /** A client that takes longer to send, to read, or for a handshake, is cut off. */
  readonly timeout: number;
  readonly logger: Logger;
  /** Told when the web configuration was read again, and whether the new one is in force. */
  readonly onReload?: (ok: boolean) => void;
  /** What running requests have to come to an end when the server closes. @default 5 */
  readonly grace?: number;
}

/** Serves pages over HTTP and HTTPS, on one address or several. */
export class WebServer {
  private readonly file: WebConfigFile;
  private readonly handler: RequestHandler;
  private readonly listeners: readonly Listener[];

  /** @throws SettingsError where the web configuration file cannot be used */
  constructor(
    private readonly options: WebServerOptions,
    pages: Pages,
  ) {
    this.file = new WebConfigFile(options.configFile, options.logger, options.onReload);
    const config = () => this.file.current();
    this.handler = new RequestHandler(pages, { ...options, config });
    this.listeners = options.listenAddress.map(
      (address) =>
        new Listener(address, {
          ...options,
          config,
          handle: (request, response) => this.handler.handle(request, response),
        }),
    );
  }

  /** What happened so far. */
  get statistics(): Readonly<ServerStatistics> {
    return this.handler.statistics;
  }

  /** How reading the web configuration file goes. */
  get reloads(): ReloadState {
    return this.file.state;
  }

  /** Unix time in seconds when the certificate of the server ends; undefined without TLS. */
  get certificateExpires(): number | undefined {
    return this.file.current().tls?.expires;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.listeners.reduce((sum, listener) => sum + listener.connections, 0);
  }

  /** Reads the web configuration file again, as on SIGHUP. */
  reload(): void {
    this.file.reload();
  }

  /**
   * Listens on all addresses, or on none.
   *
   * @returns the addresses, with the ports that the system chose for port 0
   * @throws SettingsError that names the address that cannot be had
   */
  async listen(): Promise<readonly string[]> {
    const addresses: string[] = [];
    try {
      for (const listener of this.listeners) {
        addresses.push(await listener.listen());
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    const tls = this.file.current().tls !== undefined;
    for (const address of addresses) {
      this.options.logger.log('info', 'listening', { address, tls });
    }
    return addresses;
  }

  /** Stops listening, lets running requests finish, and then ends what is left. */
  async close(): Promise<void> {
    const end = performance.now() + (this.options.grace ?? 5) * 1000;
    await Promise.all(this.listeners.map((listener) => listener.close(end)));
  }
}
