import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  Agent as HttpAgent,
  request as http,
} from 'node:http';
import { Agent as HttpsAgent, request as https } from 'node:https';
import { isIP } from 'node:net';
import { type DataSourceConfig, guardedLookup, networkPolicy } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import aws4 from 'aws4';
import { XMLParser } from 'fast-xml-parser';
import { disconnection, refusal, type Side } from './errors.ts';

/** A store that says nothing for so long is given up (milliseconds). */
const SILENCE = 30_000;
/** An answer is never larger than the block that was asked for; lists have 1000 names. */
const MOST_BYTES = 80 * 1024 * 1024;
/** So often a question is asked when the connection breaks or the store is busy: who asks can do with an answer to the second time. */
const TRIES = 3;

export interface Question {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** '' asks the bucket. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What is asked of a store, signed by AWS Signature Version 4. Follows no redirects: they would be a way round the address check. */
export class S3Client {
  readonly bucket: string;
  readonly #side: Side;
  readonly #endpoint: URL;
  readonly #region: string;
  readonly #isPath: boolean;
  readonly #credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly #agent: HttpAgent;

  /** Throws SLUICE_CFG_INVALID for an endpoint that is no URL, SLUICE_CFG_ADDRESS for an address that is not for users. */
  constructor(config: DataSourceConfig, side: Side) {
    this.#side = side;
    const text = (name: string, otherwise = ''): string => String(config[name] ?? otherwise);
    this.#region = text('region', 'us-east-1');
    this.bucket = text('bucket');
    this.#isPath = config['pathStyle'] !== false;
    this.#endpoint = endpointOf(text('endpoint', `https://s3.${this.#region}.amazonaws.com`));
    this.#credentials = { accessKeyId: text('accessKeyId'), secretAccessKey: text('secretAccessKey') };
    const options = { keepAlive: true, maxSockets: 8, timeout: SILENCE };
    this.#agent = this.#endpoint.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** Answers what the store says, whatever its status. Throws SLUICE_SRC_UNREACHABLE or _INTERRUPTED. */
  async ask(question: Question): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.#once(question);
        const isBusy = answer.status === 429 || answer.status >= 500;
        if (!isBusy || attempt === TRIES) return answer;
      } catch (error) {
        const known = disconnection(this.#side, error);
        if (known.kind !== 'transient' || attempt === TRIES) throw known;
      }
      await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt));
    }
  }

  /** The same, and an answer that is no success as an error with its code. */
  async get(question: Question): Promise<Answer> {
    const answer = await this.ask(question);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw this.refusal(question.key, answer);
  }

  /** An answer as an error. */
  refusal(key: string, { status, body }: Pick<Answer, 'status' | 'body'>): SluiceError {
    return refusal(this.#side, { status, code: codeOf(body) }, key, this.bucket);
  }

  classify(error: unknown): SluiceError {
    return disconnection(this.#side, error);
  }

  close(): void {
    this.#agent.destroy();
  }

  #once({ method, key, query = {}, headers = {}, body }: Question): Promise<Answer> {
    const { protocol, hostname, port, host } = this.#endpoint;
    const name = this.#isPath ? host : `${this.bucket}.${host}`;
    const steps = [...(this.#isPath ? [this.bucket] : []), ...(key === '' ? [] : key.split('/'))];
    const asked = Object.entries(query)
      .map(([one, value]) => `${encoded(one)}=${encoded(value)}`)
      .sort()
      .join('&');
    const path = `/${steps.map(encoded).join('/')}${asked === '' ? '' : `?${asked}`}`;
    const signed = aws4.sign(
      {
        service: 's3',
        region: this.#region,
        method,
        host: name,
        path,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(body.length) }) },
        ...(body === undefined ? {} : { body: body as never }),
      },
      this.#credentials,
    );
    const plain = hostname.replace(/^\[|\]$/g, '');
    const to = this.#isPath ? plain : `${this.bucket}.${plain}`;
    return new Promise((resolve, reject) => {
      const sent = (protocol === 'https:' ? https : http)(
        {
          method,
          host: to,
          ...(port === '' ? {} : { port }),
          path,
          headers: signed.headers as Record<string, string>,
          agent: this.#agent,
          lookup: guardedLookup(portOf(this.#endpoint)),
          timeout: SILENCE,
        },
        (answer) => collect(answer).then(resolve, reject),
      );
      sent.once('timeout', () =>
        sent.destroy(Object.assign(new Error('the store says nothing'), { code: 'ETIMEDOUT' })),
      );
      sent.once('error', reject);
      sent.end(body);
    });
  }
}

function endpointOf(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.username !== '')
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: 'The endpoint is a URL of scheme and host, e.g. https://s3.eu-central-1.amazonaws.com.',
      place: '/endpoint',
    });
  const plain = url.hostname.replace(/^\[|\]$/g, '');
  // A socket asks for no name then.
  if (isIP(plain) !== 0) networkPolicy().demand(plain, [plain], portOf(url));
  return url;
}

const portOf = ({ port, protocol }: URL): number =>
  port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);

/** Every byte but the few that signatures leave as they are. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function collect(answer: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MOST_BYTES)
      throw new SluiceError('SLUICE_SRC_QUERY', 'The answer of the store is too large.');
  }
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) };
}

const XML = new XMLParser({
  parseTagValue: false,
  // Signs by their numbers.
  htmlEntities: true,
  isArray: (name) => name === 'Contents' || name === 'Upload',
});

/** An answer in XML as plain objects; empty for what is none. */
export function parsed(body: Buffer): Record<string, unknown> {
  try {
    return XML.parse(body) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function codeOf(body: Buffer): string {
  const error = parsed(body)['Error'];
  return typeof error === 'object' && error !== null ? String((error as { Code?: unknown }).Code ?? '') : '';
}
