/** What the landing page says about this exporter. */
export interface LandingPageOptions {
  readonly version: string;
  readonly telemetryPath: string;
  /** Further lines, such as the node and the driver. */
  readonly facts?: Readonly<Record<string, string>>;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** The page at `/`: what this is, and links to what there is. It loads nothing else. */
export function landingPage({ version, telemetryPath, facts = {} }: LandingPageOptions): string {
  const links = [
    [telemetryPath, 'Metrics'],
    ['/snapshot', 'Snapshot (JSON)'],
    ['/-/ready', 'Readiness'],
    ['/-/healthy', 'Health'],
  ] as const;
  const items = links.map(([path, name]) => `<li><a href="${escaped(path)}">${name}</a></li>`);
  const rows = Object.entries({ Version: version, ...facts }).map(
    ([name, value]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
  );
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>GPU exporter</title>
<style>body{font-family:sans-serif;margin:2em}th{text-align:left;padding-right:1em}</style>
</head>
<body>
<h1>GPU exporter</h1>
<table>${rows.join('')}</table>
<ul>${items.join('')}</ul>
</body>
</html>
`;
}
