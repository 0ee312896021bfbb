/** The part of a program's web options that decides its addresses. */
interface Web {
  readonly externalUrl?: string;
  readonly routePrefix?: string;
  readonly tls?: unknown;
}

/** The path in front of every URL that the program answers: its own, or that of its external URL. */
export function routePrefix({ web = {} }: { readonly web?: Web }): string {
  const external =
    web.externalUrl !== undefined && URL.canParse(web.externalUrl) ? new URL(web.externalUrl) : undefined;
  return (web.routePrefix ?? external?.pathname ?? '').replace(/\/+$/, '');
}

/** Whether the web server speaks TLS. */
export function scheme({ web = {} }: { readonly web?: Web }): 'http' | 'https' {
  return web.tls === undefined ? 'http' : 'https';
}
