import type { TrustedProxies } from './trusted-proxies';

/** How the SOAP listener behaves; made from the configuration of the service. Times in milliseconds, sizes in bytes. */
export interface IngressSettings {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Path that charge boxes call, compared without regard to letter case. */
  readonly path: string;
  readonly strict: boolean;
  /** Largest body as sent, and largest body after decompression. */
  readonly maximumBody: number;
  readonly maximumDecompressedBody: number;
  /** Memory for all bodies that are arriving or being answered, decompressed. Small ones find room beyond it. */
  readonly maximumBodies: number;
  /** Longest time that a request may take to arrive. */
  readonly receiveTimeout: number;
  /** How long an idle connection is kept for the next request of a box. Boxes call every few minutes at most. */
  readonly keepAliveTimeout: number;
  /** How long a connection with a request or an answer under way may stand still: longer than an outside answer may take. */
  readonly silenceTimeout: number;
  readonly maximumConnections: number;
  /** Most requests being answered at once; more are refused as overload. */
  readonly maximumInFlight: number;
  /** HTTP status of faults: the values of the SOAP binding, or 500 for all. */
  readonly faultStatus: 'binding' | '500';
  /** What a request with transaction data gets that could not be recorded: an HTTP error, which is repeated, or a fault. */
  readonly unrecorded: 'http' | 'fault';
  /** Writes idTags and raw texts of charge boxes into log lines. */
  readonly logIdTags: boolean;
  /** Whose word on where a request comes from is taken; nobody's when absent. */
  readonly proxies?: TrustedProxies;
}

export const ingressDefaults: IngressSettings = {
  host: '0.0.0.0',
  port: 8080,
  path: '/ocpp',
  strict: false,
  maximumBody: 1024 * 1024,
  maximumDecompressedBody: 4 * 1024 * 1024,
  maximumBodies: 256 * 1024 * 1024,
  receiveTimeout: 30_000,
  keepAliveTimeout: 75_000,
  silenceTimeout: 180_000,
  maximumConnections: 20_000,
  maximumInFlight: 5_000,
  faultStatus: 'binding',
  unrecorded: 'http',
  logIdTags: false,
};

export const INGRESS_SETTINGS = Symbol('IngressSettings');
