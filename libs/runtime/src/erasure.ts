import type { ErasedText, Position } from '@app/kernel';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, ICommandHandler } from '@nestjs/cqrs';
import { ChargeBoxes } from './charge-boxes';
import type { OperatorOrigin } from './commands';
import { IdTags } from './id-tag.handlers';
import { RuntimeContext } from './runtime-context';
import { ID_TAG_ERASER } from './tokens';

/** What was erased of an idTag. */
export interface ErasedIdTag {
  /** Tokens in the history that mean nothing any more; 0 when it is nowhere, or in clear. */
  readonly tokens: number;
  /** Stands in the place of the idTag from now on. */
  readonly pseudonym?: string;
  readonly position?: Position;
  /** False where the store removes what was erased at its next scavenge. */
  readonly purged: boolean;
}

/** Takes idTags out of the history. */
export interface IdTagEraser {
  erase(idTag: string, at: string): Promise<ErasedIdTag>;
  /**
   * Tells every text that was known here and is erased, by whichever instance, until the returned function is called. What a listener
   * returns is waited for before the idTag is stored as somebody's again. It must not fail.
   */
  onErased(listener: (gone: ErasedText) => unknown): () => void;
}

export type Erasure =
  | { readonly outcome: 'refused'; readonly reason: string }
  | (ErasedIdTag & { readonly outcome: 'done'; /** It was among the known ones. */ readonly removed: boolean });

/** Removes an idTag, and takes it out of everything that happened. Transactions that it has open need `force`. */
export class EraseIdTag extends Command<Erasure> {
  constructor(
    readonly idTag: string,
    readonly force: boolean,
    readonly origin: OperatorOrigin,
  ) {
    super();
  }
}

@CommandHandler(EraseIdTag)
export class EraseIdTagHandler implements ICommandHandler<EraseIdTag> {
  private readonly forgetting = new Set<Promise<void>>();

  constructor(
    @Inject(ID_TAG_ERASER) private readonly eraser: IdTagEraser,
    private readonly context: RuntimeContext,
    private readonly idTags: IdTags,
    private readonly boxes: ChargeBoxes,
  ) {
    eraser.onErased((gone) => {
      const work = this.forget(gone).finally(() => this.forgetting.delete(work));
      this.forgetting.add(work);
      return work;
    });
  }

  async execute({ idTag, force, origin }: EraseIdTag): Promise<Erasure> {
    const { directory } = this.context;
    const open = directory.openTransactionsOf(idTag);
    if (open.length > 0 && !force)
      return {
        outcome: 'refused',
        reason: `The idTag has transactions open (${open.slice(0, 10).join(', ')}): their stops would not be taken for its own. Wait, close them, or erase with force=true.`,
      };
    const removed = directory.find(idTag) !== undefined && (await this.remove(idTag, origin));
    const at = this.context.now();
    const erased = await this.eraser.erase(idTag, at);
    directory.forget(idTag);
    await Promise.all(this.forgetting);
    // Whatever was being stored meanwhile.
    const late = await this.eraser.erase(idTag, at);
    const { position } = late.position === undefined ? erased : late;
    return { ...erased, ...(position && { position }), tokens: erased.tokens + late.tokens, removed, outcome: 'done' };
  }

  /** At every instance. What boxes remember would come into their next snapshot. */
  private async forget({ text, of, position }: ErasedText): Promise<void> {
    const { directory, store, log } = this.context;
    const idTag = of ?? text;
    try {
      directory.forget(idTag, store.shared ? position : undefined);
      await this.boxes.forget();
      // Boxes may have begun something with it until now.
      directory.forgetOpen(idTag);
    } catch (error) {
      log.error({ err: error }, 'An erased idTag may be remembered until this instance is started again');
    }
  }

  private async remove(idTag: string, origin: OperatorOrigin): Promise<boolean> {
    return (await this.idTags.remove(idTag, origin)).outcome === 'done';
  }
}
