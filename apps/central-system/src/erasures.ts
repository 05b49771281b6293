import { idTagVeiling } from '@app/charge-box';
import type { Captures } from '@app/capture';
import type { Log } from '@app/kernel';
import type { IdTagEraser } from '@app/runtime';

interface Besides {
  readonly captures: Pick<Captures, 'forgetIdTag'>;
  /** Removes rows that nobody goes on with. */
  readonly tidy: () => void;
  readonly log: Log;
}

/** What an erasure takes away besides the history, at every instance. Whoever asks for one here removes its captures, and counts them. */
export function erasingBesides(eraser: IdTagEraser, { captures, tidy, log }: Besides): IdTagEraser {
  const asked = new Set<string>();
  const waiting = new Set<string>();
  const forget = (owner: string) => {
    waiting.delete(owner);
    captures.forgetIdTag(owner).catch((error: unknown) => {
      log.error({ err: error }, 'Captured messages with an idTag that is erased are left, until they are too old');
    });
  };
  eraser.onErased(({ text, of }) => {
    tidy();
    const owner = idTagVeiling.ownerOf(of ?? text);
    if (asked.has(owner) || waiting.has(owner)) return;
    // Once for all forms that it has: each time everything is looked through.
    waiting.add(owner);
    setImmediate(forget, owner);
  });
  return {
    erase: async (idTag, at) => {
      const owner = idTagVeiling.ownerOf(idTag);
      asked.add(owner);
      try {
        return await eraser.erase(idTag, at);
      } finally {
        asked.delete(owner);
      }
    },
    onErased: (listener) => eraser.onErased(listener),
  };
}
