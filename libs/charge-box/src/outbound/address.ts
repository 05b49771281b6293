import { isAddress } from '@app/ocpp';
import type { ChargeBoxState } from '../state';

/** Where a charge box can be called, by the first source that has something usable (OCPP 1.5, 8.3). */
export interface Whereabouts {
  readonly url: string;
  readonly source: 'override' | 'from' | 'reply-to' | 'peer';
}

/** How the address is made from where the box calls from, when it says nothing usable. */
export interface PeerAddress {
  readonly port: number;
  readonly path: string;
}

/** The address of the charge point service: what the operator says, else `From`, else `ReplyTo`, else the peer with a configured port. */
export function whereabouts(
  { settings, address }: Pick<ChargeBoxState, 'settings' | 'address'>,
  peer: PeerAddress | undefined,
): Whereabouts | undefined {
  if (settings.addressOverride !== undefined) return { url: settings.addressOverride, source: 'override' };
  if (isAddress(address?.from)) return { url: address.from, source: 'from' };
  if (isAddress(address?.replyTo)) return { url: address.replyTo, source: 'reply-to' };
  if (peer === undefined || address?.remoteAddress === undefined) return undefined;
  return { url: `http://${hostOf(address.remoteAddress)}:${peer.port}${peer.path}`, source: 'peer' };
}

function hostOf(remoteAddress: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(remoteAddress)?.[1];
  if (mapped !== undefined) return mapped;
  return remoteAddress.includes(':') ? `[${remoteAddress.split('%')[0]}]` : remoteAddress;
}
