import type { ChainFinding, ChainKey, ChainReport } from '@app/event-store';
import { ChainCheck, chainFaultTable, sealStream } from '@app/event-store';
import type { RecordedEvent } from '@app/kernel';
import { withMaskedStream } from '../personal';
import type { Check, CheckRun, Evidence, Report } from './check';

const pageSize = 1_000;
const changed =
  'Somebody changed the history behind the back of the store. Compare with a backup (history export), find out who could write there, and restore it.';
const otherKey =
  'Give the key with which they were made: CHAIN_KEY, or the file chain-key in the DATA_DIR of the service.';

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
  private outcome: ChainReport | undefined;

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
    this.outcome = this.chain.end();
    const { findings, foreign } = this.outcome;
    for (const finding of findings) this.tell(finding, foreign);
  }

  remark(): string {
    const { vouched = 0, unlinked = 0, lastSeal } = this.outcome ?? {};
    const seal =
      lastSeal === undefined ? 'no seal yet' : `last seal ${lastSeal.revision} of ${lastSeal.at}: ${lastSeal.link}`;
    return `${vouched} events vouched for, ${unlinked} from before links, ${seal}`;
  }

  private tell({ fault, stream, revision, position }: ChainFinding, foreign: number): void {
    const isForeign = fault === 'foreign-key';
    this.report({
      code: fault,
      what: isForeign ? foreignText(foreign) : chainFaultTable[fault],
      place: { stream: withMaskedStream(stream), revision, ...(position === undefined ? {} : { position }) },
      todo: isForeign ? otherKey : changed,
    });
  }
}

function foreignText(links: number): string {
  const were = links === 1 ? '1 link was' : `${links} links were`;
  return `${were} made with another key than was given (CHAIN_KEY, or the file chain-key), and cannot be checked. The first is here.`;
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
