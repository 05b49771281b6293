import type { ChainFinding, ChainKey } from '@app/event-store';
import { ChainCheck, chainFaultTable, sealStream } from '@app/event-store';
import type { RecordedEvent } from '@app/kernel';
import { withMaskedStream } from '../personal';
import type { Check, CheckRun, Evidence, Report } from './check';

const pageSize = 1_000;
const changed =
  'Somebody changed the history behind the back of the store. Compare with a backup (history export), find out who could write there, and restore it.';
const otherKey =
  'Give the key with which it was made: CHAIN_KEY, or the file chain-key in the DATA_DIR of the service.';

/** Every event is what was stored, as far as its link and the seals vouch for it. */
export const chainCheck: Check = {
  name: 'chain',
  doc: 'links of the events and seals, with the key of the service',
  raw: true,
  begin: async ({ log, raw = log, chainKeys = [] }, report) =>
    chainKeys.length === 0
      ? { skipped: 'no key is at hand: CHAIN_KEY, or the file chain-key in DATA_DIR' }
      : new ChainRun(chainKeys, await sealsOf(raw), report),
};

class ChainRun implements CheckRun {
  private readonly chain: ChainCheck;

  constructor(
    keys: readonly ChainKey[],
    seals: readonly RecordedEvent[],
    private readonly report: Report,
  ) {
    this.chain = new ChainCheck(keys, seals);
  }

  take(event: RecordedEvent): void {
    this.chain.take(event);
  }

  end(): void {
    for (const finding of this.chain.end().findings) this.tell(finding);
  }

  private tell({ fault, stream, revision, position }: ChainFinding): void {
    this.report({
      what: chainFaultTable[fault],
      place: { stream: withMaskedStream(stream), revision, ...(position === undefined ? {} : { position }) },
      todo: fault === 'foreign-key' ? otherKey : changed,
    });
  }
}

async function sealsOf(log: Evidence['log']): Promise<readonly RecordedEvent[]> {
  const seals: RecordedEvent[] = [];
  for (let from = 0, end = false; !end;) {
    const page = await log.readStream(sealStream, { from, limit: pageSize });
    seals.push(...page.events);
    from = (page.events.at(-1)?.revision ?? from) + 1;
    end = page.endOfStream || page.events.length === 0;
  }
  return seals;
}
