import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { reason, SettingsError } from '../config/settings-error.js';
import { parseListenAddress } from '../config/value-types.js';
import type { Logger } from '../log.js';
import type { WebConfig } from './web-config.js';

/** What all listeners of a server share. */
export interface ListenerOptions {
  /** Scrapes answered at the same time; some more connections than these are accepted. */
  readonly maxRequests: number;
  /** Seconds that a client has for a handshake, and then for each request. */
  readonly timeout: number;
  readonly logger: Logger;
  /** What is in force now. */
  readonly config: () => WebConfig;
  readonly handle: RequestListener;
}

/** Seconds that a connection waits for the next scrape: longer than most intervals, so that not every one has a handshake. */
const KEEP_ALIVE = 120;
const REQUESTS_PER_CONNECTION = 1000;
const MAX_HEADER_SIZE = 16 * 1024;

/**
 * Accepts connections on one address.
 *
 * A connection gets the encryption that the web configuration has when it comes, so that certificates, and even TLS
 * itself, change without a restart. One from before a change ends after its next answer.
 */
export class Listener {
  private readonly server: Server;
  /** Hands an encrypted or plain connection to HTTP: what a server of Node does with those that it accepts. */
  private readonly serve: (socket: Socket) => void;
  private readonly sockets = new Set<Socket>();
  /** Connections that wait for their next request. */
  private readonly idle = new Set<Socket>();
  private readonly begunWith = new WeakMap<Socket, WebConfig>();
  private tls?: { readonly config: WebConfig; readonly server: TlsServer };
  private running = 0;
  private closing = false;

  constructor(
    private readonly address: string,
    private readonly options: ListenerOptions,
  ) {
    const timeout = options.timeout * 1000;
    this.server = createHttpServer(
      {
        headersTimeout: timeout,
        requestTimeout: timeout,
        keepAliveTimeout: KEEP_ALIVE * 1000,
        connectionsCheckingInterval: Math.min(1000, timeout / 4),
        maxHeaderSize: MAX_HEADER_SIZE,
      },
      (request, response) => {
        const { socket } = request;
        this.running += 1;
        this.idle.delete(socket);
        response.on('close', () => {
          this.running -= 1;
          if (!socket.destroyed) this.idle.add(socket);
        });
        if (this.closing || this.begunWith.get(request.socket) !== options.config()) {
          response.setHeader('Connection', 'close');
        }
        options.handle(request, response);
      },
    );
    this.server.maxRequestsPerSocket = REQUESTS_PER_CONNECTION;
    // Probes need a place beside the scrapes; and more would only use up the files that the process may open.
    this.server.maxConnections = options.maxRequests * 4 + 64;
    this.server.on('drop', () => this.closeIdle());
    const [serve] = this.server.listeners('connection') as [(socket: Socket) => void];
    this.serve = (socket) => serve.call(this.server, socket);
    this.server.removeAllListeners('connection');
    this.server.on('connection', (socket: Socket) => this.accept(socket));
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.sockets.size;
  }

  /**
   * Listens.
   *
   * @returns the address, with the port that the system chose for port 0
   * @throws SettingsError where the address cannot be had
   */
  async listen(): Promise<string> {
    const { host, port } = parseListenAddress(this.address) ?? { host: this.address, port: 0 };
    try {
      await new Promise<void>((resolve, reject) => {
        this.server.once('error', reject);
        this.server.listen({ host: host === '' ? undefined : host, port }, resolve);
      });
    } catch (error) {
      throw new SettingsError([`cannot listen on ${this.address}: ${reason(error)}`]);
    }
    this.server.removeAllListeners('error');
    // Such as too many open files; later connections may be accepted again.
    this.server.on('error', (error) => {
      this.options.logger.log('error', 'a connection was not accepted', { error: reason(error) });
    });
    const { address, family, port: chosen } = this.server.address() as AddressInfo;
    return family === 'IPv6' ? `[${address}]:${chosen}` : `${address}:${chosen}`;
  }

  /** Stops listening, waits until `end` for running requests, and then ends what is left. */
  async close(end: number): Promise<void> {
    this.closing = true;
    // That of HTTP servers also cuts off clients that still read an answer which is complete on our side.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(this.server, () => resolve()));
    while (this.running > 0 && performance.now() < end) {
      await sleep(10);
    }
    for (const socket of this.sockets) {
      socket.destroy();
    }
    await closed;
    this.tls?.server.close();
  }

  private closeIdle(): void {
    for (const socket of this.idle) {
      socket.destroy();
    }
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    const config = this.options.config();
    if (config.tls === undefined) {
      this.begin(socket, config);
    } else {
      this.tlsServer(config).emit('connection', socket);
    }
  }

  private begin(socket: Socket, config: WebConfig): void {
    this.begunWith.set(socket, config);
    socket.on('close', () => this.idle.delete(socket));
    this.serve(socket);
  }

  /** The server that encrypts connections as the configuration says; it listens on nothing itself. */
  private tlsServer(config: WebConfig): TlsServer {
    if (this.tls?.config !== config) {
      const server = createTlsServer({
        ...config.tls?.context,
        requestCert: config.tls?.clientAuth !== 'NoClientCert',
        // Requests are refused instead, so that probes are answered.
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
        handshakeTimeout: this.options.timeout * 1000,
      });
      server.on('secureConnection', (socket) => this.begin(socket, config));
      server.on('tlsClientError', (error, socket) => {
        const { remoteAddress } = socket;
        this.options.logger.log('debug', 'TLS handshake failed', { error: reason(error), address: remoteAddress });
        // After a timeout it is still open.
        socket.destroy();
      });
      this.tls = { config, server };
    }
    return this.tls.server;
  }
}
