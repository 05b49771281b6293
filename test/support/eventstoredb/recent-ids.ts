const most = 20_000;

/** The ids appended last, as far as a server remembers them: a bounded memory that ends with the process. */
export class BoundedIds {
  private readonly known = new Map<string, number>();

  add(stream: string, id: string, revision: number): void {
    this.known.set(`${stream} ${id}`, revision);
    if (this.known.size <= most) return;
    const [oldest] = this.known.keys();
    if (oldest !== undefined) this.known.delete(oldest);
  }

  revisionOf(stream: string, id: string): number | undefined {
    return this.known.get(`${stream} ${id}`);
  }

  clear(): void {
    this.known.clear();
  }
}
