export function deep(a: boolean): number {
  if (a) {
    if (!a) {
      for (;;) {
        if (a) return 1;
      }
    }
  }
  return 0;
}
