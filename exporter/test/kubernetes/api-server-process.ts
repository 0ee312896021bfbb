import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A watch that is open. */
export interface OpenWatch {
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
}

/** An HTTP server that speaks as much of the API server's protocol as a list and a watch of pods need. */
export class ApiServerProcess {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  readonly lists: URLSearchParams[] = [];
  readonly watches: OpenWatch[] = [];
  readonly authorizations: (string | undefined)[] = [];
  /** Pods by page of a list. */
  pages: (readonly object[])[] = [[]];
  resourceVersion = '100';
  /** Answers a request instead of the usual answer, where it returns true. */
  refuse: (request: IncomingMessage, query: URLSearchParams, response: ServerResponse) => boolean = () => false;
  port = 0;

  /** Listens on the port that it had before, if it had one. */
  async start(tls?: { readonly key: string; readonly cert: string }): Promise<void> {
    const listener: RequestListener = (request, response) => this.answer(request, response);
    const server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Ends at once, and every connection with it. */
  async stop(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    this.breakConnections();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  }

  breakConnections(): void {
    for (const socket of this.sockets) {
      socket.destroy();
    }
  }

  /** Sends an event through the newest watch. */
  send(type: string, object: object): void {
    this.watches.at(-1)?.response.write(`${JSON.stringify({ type, object })}\n`);
  }

  /** Ends the newest watch as a server does whose time is up. */
  endWatch(): void {
    this.watches.at(-1)?.response.end();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://localhost');
    const query = url.searchParams;
    this.authorizations.push(request.headers.authorization);
    if (this.refuse(request, query, response)) {
      return;
    }
    if (url.pathname !== '/api/v1/pods') {
      refusal(response, 404, 'the server could not find the requested resource');
    } else if (query.get('watch') === 'true') {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.flushHeaders();
      this.watches.push({ query, response });
    } else {
      this.lists.push(query);
      const page = Number(query.get('continue') ?? 0);
      const last = page + 1 >= this.pages.length;
      const metadata = { resourceVersion: this.resourceVersion, ...(!last && { continue: String(page + 1) }) };
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata, items: this.pages[page] }));
    }
  }
}

/** Answers with a `Status`. */
export function refusal(
  response: ServerResponse,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): true {
  response.writeHead(code, { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }));
  return true;
}
