import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { BasicAuth } from './basic-auth.js';
import { refusalOf } from './client-certificate.js';
import { RateLimiter } from './rate-limiter.js';
import type { WebConfig } from './web-config.js';

/** Why a request gets no answer of a page. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 429;
  readonly text: string;
}

/** Decides who may come in: rate limit, client certificate, password. */
export class Gate {
  private readonly basicAuth = new BasicAuth();
  private limiter?: { readonly config: WebConfig; readonly bucket: RateLimiter };

  /** @returns undefined where the request may go on */
  async check(request: IncomingMessage, config: WebConfig): Promise<Refusal | undefined> {
    if (!this.withinRate(config)) {
      return { status: 429, text: 'too many requests' };
    }
    const refused = this.connection(request, config);
    if (refused !== undefined || config.users.size === 0) {
      return refused;
    }
    const { authorization } = request.headers;
    const verdict = await this.basicAuth.check(authorization, config.users, request.socket.remoteAddress ?? '');
    if (verdict === 'ok') {
      return undefined;
    }
    return verdict === 'denied'
      ? { status: 401, text: 'a user and a password are required' }
      : { status: 429, text: 'too many passwords were tried' };
  }

  private connection({ socket }: IncomingMessage, { tls }: WebConfig): Refusal | undefined {
    if (tls === undefined) {
      return undefined;
    }
    // A connection from before TLS was turned on.
    if (!(socket instanceof TLSSocket)) {
      return { status: 400, text: 'TLS is required' };
    }
    const text = refusalOf(socket, tls);
    return text === undefined ? undefined : { status: 403, text };
  }

  private withinRate(config: WebConfig): boolean {
    const { rateLimit } = config;
    if (rateLimit === undefined) {
      return true;
    }
    const now = performance.now() / 1000;
    if (this.limiter?.config !== config) {
      this.limiter = { config, bucket: new RateLimiter(rateLimit, now) };
    }
    return this.limiter.bucket.take(now);
  }
}
