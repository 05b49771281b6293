import type { CentralSystemRequest, CentralSystemResponse } from '@app/ocpp';

/** What one vendor's messages are answered. */
export interface Vendor {
  /** Messages by id; `*` stands for every other one, and for none named. */
  readonly messages: ReadonlyMap<string, (data: string | undefined) => CentralSystemResponse<'DataTransfer'>>;
}

/** The vendors that are known here, by id in lower case. Pure functions answer, so a vendor's rules are added here and nowhere else. */
export type VendorRegistry = ReadonlyMap<string, Vendor>;

const accept = (): CentralSystemResponse<'DataTransfer'> => ({ status: 'Accepted' });

/** The registry that a text describes: entries by commas, `vendorId` for all its messages or `vendorId/messageId` for one. */
export function vendorRegistry(text: string): VendorRegistry | { readonly violations: readonly string[] } {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const wrong = entries.filter((entry) => !/^[^/]{1,255}(\/.{1,50})?$/.test(entry));
  if (wrong.length > 0)
    return {
      violations: wrong.map(
        (entry) => `holds an entry that is neither vendorId nor vendorId/messageId: ${entry.slice(0, 60)}`,
      ),
    };
  const registry = new Map<string, { messages: Map<string, typeof accept> }>();
  for (const entry of entries) {
    const slash = entry.indexOf('/');
    const vendorId = (slash < 0 ? entry : entry.slice(0, slash)).toLowerCase();
    const vendor = registry.get(vendorId) ?? { messages: new Map<string, typeof accept>() };
    vendor.messages.set(slash < 0 ? '*' : entry.slice(slash + 1), accept);
    registry.set(vendorId, vendor);
  }
  return registry;
}

// OCPP 1.5, 4.3: an unknown vendor gets no data back.
export function answerDataTransfer(
  registry: VendorRegistry,
  { vendorId, messageId, data }: CentralSystemRequest<'DataTransfer'>,
): CentralSystemResponse<'DataTransfer'> {
  const vendor = registry.get(vendorId.toLowerCase());
  if (vendor === undefined) return { status: 'UnknownVendorId' };
  const message = vendor.messages.get(messageId ?? '*') ?? vendor.messages.get('*');
  return message === undefined ? { status: 'UnknownMessageId' } : message(data);
}
