/** What a client wants of the metrics. */
export interface PageRequest {
  /** The Accept header. */
  readonly accept?: string;
  /** Whether the client takes gzip. */
  readonly gzip: boolean;
  /** What follows the question mark of the address. */
  readonly query?: string;
}

/** An answer that is ready to be sent. */
export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
  /** What follows the body, so that a long one that many answers share is not copied for each. */
  readonly end?: Buffer;
  /** How the body is compressed; only where the client takes it. */
  readonly encoding?: 'gzip';
}

/** Whether something is well, and one line about it. */
export interface Health {
  readonly ok: boolean;
  readonly text: string;
}

/** What the web server shows. */
export interface Pages {
  /** The exposition; answers from what is there, and so within milliseconds. */
  metrics(request: PageRequest): Promise<Page>;
  /** Whether there is something to scrape. */
  ready(): Health;
  /** Whether the program works; when not, the kubelet starts it again. */
  healthy(): Health;
  /** Everything that is known, as data for JSON. */
  snapshot(): unknown;
  /** The page at `/`, in HTML. */
  landing(): string;
}
