/** A body as large as most are finds room when there is none for larger ones: what is sent to hold memory does not keep usual requests out. */
const usual = 16 * 1024;

/** The memory for bodies that are arriving or being answered, all together. In bytes. */
export class BodyRoom {
  private held = 0;

  constructor(private readonly most: number) {}

  /** The share of one request; `leave` it at the end. */
  enter(): BodyShare {
    let mine = 0;
    return {
      take: (bytes) => {
        if (this.held + bytes > this.most && mine + bytes > usual) return false;
        mine += bytes;
        this.held += bytes;
        return true;
      },
      leave: () => {
        this.held -= mine;
        mine = 0;
      },
    };
  }
}

export interface BodyShare {
  /** False when there is no room for so many bytes more. */
  take(bytes: number): boolean;
  leave(): void;
}
