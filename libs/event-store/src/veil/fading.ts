import type { ErasedText, Veiling } from '@app/kernel';

/**
 * Texts that are erased, while something from before may still store them: it stores the tokens that they had, which mean nothing any more.
 * New tokens would keep them.
 */
export class FadingTexts {
  private readonly texts = new Set<ErasedText>();

  add(gone: ErasedText, until: readonly Promise<unknown>[]): void {
    if (until.length === 0) return;
    this.texts.add(gone);
    void Promise.allSettled(until).then(() => this.texts.delete(gone));
  }

  /** The former token of a text, or of another one of the same owner: it may come in a form that was never stored. */
  tokenOf({ text, of }: Pick<ErasedText, 'text' | 'of'>, ownerOf: Veiling['ownerOf']): string | undefined {
    if (this.texts.size === 0) return undefined;
    const owner = ownerOf(of ?? text);
    const theirs = [...this.texts].filter((gone) => ownerOf(gone.of ?? gone.text) === owner);
    const alike = theirs.filter((gone) => (gone.of === undefined) === (of === undefined));
    return (alike.find((gone) => gone.text === text) ?? alike[0] ?? theirs[0])?.token;
  }
}
