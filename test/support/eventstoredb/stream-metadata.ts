/** What the metadata of a stream means for its readers. */
export interface StreamMetadata {
  readonly maxCount: number;
  /** In seconds. */
  readonly maxAge: number;
  readonly truncateBefore: number;
  readonly raw: object;
}

/** Greatest revision there is; a stream that is truncated before it has been deleted. */
export const neverAgain = 2 ** 63;

export const metastreamOf = (stream: string): string => `$$${stream}`;

export function metadataOf(data: Uint8Array): StreamMetadata {
  const raw = parsed(data);
  return {
    maxCount: raw.$maxCount ?? Infinity,
    maxAge: raw.$maxAge ?? Infinity,
    truncateBefore: raw.$tb ?? 0,
    raw,
  };
}

function parsed(data: Uint8Array): { readonly $maxCount?: number; readonly $maxAge?: number; readonly $tb?: number } {
  try {
    return (JSON.parse(Buffer.from(data).toString()) ?? {}) as object;
  } catch {
    return {};
  }
}
