const work = (): Promise<void> => Promise.resolve();

export function run(): void {
  work();
}
