import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { reason } from '../config/settings-error.js';
import type { Logger } from '../log.js';
import { acceptsGzip } from './accept-encoding.js';
import { Gate } from './gate.js';
import type { Health, Page, Pages } from './pages.js';
import type { WebConfig } from './web-config.js';

/** What the server counts; the exporter's own metrics read it. */
export interface ServerStatistics {
  /** Scrapes that were turned away as too many ran. */
  busy: number;
  /** Requests without the right certificate or password. */
  unauthorized: number;
  /** Clients that were cut off as they took too long. */
  cutOff: number;
  /** Pages that could not be made. */
  failed: number;
  /** Scrapes that run now. */
  running: number;
}

/** What a handler needs of its server. */
export interface RequestHandlerOptions {
  readonly telemetryPath: string;
  readonly maxRequests: number;
  /** Seconds. */
  readonly timeout: number;
  readonly logger: Logger;
  readonly config: () => WebConfig;
}

const PROBES = ['/-/healthy', '/-/ready'];
const TEXT = 'text/plain; charset=utf-8';
/** The landing page has a style of its own and loads nothing. */
const LANDING_POLICY = "default-src 'none'; style-src 'unsafe-inline'";
const compress = promisify(gzip);

function textPage(status: number, text: string): Page {
  return { status, contentType: TEXT, body: Buffer.from(`${text}\n`) };
}

function healthPage({ ok, text }: Health): Page {
  return textPage(ok ? 200 : 503, text);
}

/** The path and the query of a request, whose target may also be a whole address. */
function targetOf(url: string): { readonly path: string; readonly query?: string } {
  const target = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*/i, '');
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** Answers requests: finds the page, lets the {@link Gate} decide, and sees that no client takes forever. */
export class RequestHandler {
  readonly statistics: ServerStatistics = { busy: 0, unauthorized: 0, cutOff: 0, failed: 0, running: 0 };
  private readonly gate = new Gate();

  constructor(
    private readonly pages: Pages,
    private readonly options: RequestHandlerOptions,
  ) {}

  /** Answers one request; never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const deadline = setTimeout(() => {
      this.statistics.cutOff += 1;
      request.socket.destroy();
    }, this.options.timeout * 1000);
    response.on('close', () => clearTimeout(deadline));
    // A client that goes away is no reason to end.
    response.on('error', () => {});
    this.answer(request, response).catch((error: unknown) => {
      this.statistics.failed += 1;
      this.options.logger.log('error', 'a page could not be made', { path: request.url, error: reason(error) });
      if (response.headersSent) {
        request.socket.destroy();
      } else {
        this.send(request, response, textPage(500, 'internal error'));
      }
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const config = this.options.config();
    for (const [name, value] of Object.entries(config.headers)) {
      response.setHeader(name, value);
    }
    const { path, query } = targetOf(request.url ?? '');
    // Probes of the kubelet have neither certificate nor password, and what they read is no secret.
    const refusal = PROBES.includes(path) ? undefined : await this.gate.check(request, config);
    if (refusal !== undefined) {
      this.refuse(request, response, refusal.status, refusal.text);
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      this.send(request, response, textPage(405, 'method not allowed; allowed: GET, HEAD'));
    } else {
      await this.route(request, response, path, query);
    }
  }

  private refuse(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
    this.statistics.unauthorized += status === 401 || status === 403 ? 1 : 0;
    if (status === 401) {
      response.setHeader('WWW-Authenticate', 'Basic realm="gpu-exporter", charset="UTF-8"');
    }
    if (status === 429) {
      response.setHeader('Retry-After', '1');
    }
    if (status === 400 || status === 403) {
      response.setHeader('Connection', 'close');
    }
    const { remoteAddress } = request.socket;
    this.options.logger.log('debug', 'request refused', { status, reason: text, address: remoteAddress });
    this.send(request, response, textPage(status, text));
  }

  private async route(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: string | undefined,
  ): Promise<void> {
    const gzip = acceptsGzip(request.headers['accept-encoding'] as string | undefined);
    if (path === this.options.telemetryPath) {
      const { accept } = request.headers;
      await this.scrape(request, response, () => this.pages.metrics({ accept, gzip, query }));
    } else if (path === '/snapshot') {
      await this.scrape(request, response, () => this.snapshot(gzip));
    } else if (path === '/-/healthy') {
      this.send(request, response, healthPage(this.pages.healthy()));
    } else if (path === '/-/ready') {
      this.send(request, response, healthPage(this.pages.ready()));
    } else if (path === '/') {
      this.landing(request, response);
    } else {
      this.send(request, response, textPage(404, 'not found'));
    }
  }

  /** Makes and sends a page of the bounded kind: the next one waits for no slow reader of this one. */
  private async scrape(request: IncomingMessage, response: ServerResponse, page: () => Promise<Page>): Promise<void> {
    if (this.statistics.running >= this.options.maxRequests) {
      this.statistics.busy += 1;
      response.setHeader('Retry-After', '1');
      this.send(request, response, textPage(503, 'too many scrapes at the same time'));
      return;
    }
    // While a password was checked, the client may have gone, and its "close" has come and gone too.
    if (response.destroyed) {
      return;
    }
    this.statistics.running += 1;
    response.on('close', () => {
      this.statistics.running -= 1;
    });
    response.setHeader('Vary', 'Accept, Accept-Encoding');
    this.send(request, response, await page());
  }

  private async snapshot(gzip: boolean): Promise<Page> {
    const body = Buffer.from(JSON.stringify(this.pages.snapshot()) ?? 'null');
    const contentType = 'application/json';
    return gzip
      ? { status: 200, contentType, body: await compress(body), encoding: 'gzip' }
      : { status: 200, contentType, body };
  }

  private landing(request: IncomingMessage, response: ServerResponse): void {
    if (!response.hasHeader('Content-Security-Policy')) {
      response.setHeader('Content-Security-Policy', LANDING_POLICY);
    }
    const body = Buffer.from(this.pages.landing());
    this.send(request, response, { status: 200, contentType: 'text/html; charset=utf-8', body });
  }

  private send(request: IncomingMessage, response: ServerResponse, page: Page): void {
    const { headers } = request;
    // A body is read by nobody, so nothing after it can be read either.
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
    if (hasBody) {
      response.setHeader('Connection', 'close');
    }
    if (page.encoding !== undefined) {
      response.setHeader('Content-Encoding', page.encoding);
    }
    response.setHeader('Content-Type', page.contentType);
    response.setHeader('Content-Length', page.body.length + (page.end?.length ?? 0));
    response.writeHead(page.status);
    if (request.method === 'HEAD') {
      response.end();
    } else if (page.end === undefined) {
      response.end(page.body);
    } else {
      response.write(page.body);
      response.end(page.end);
    }
  }
}
