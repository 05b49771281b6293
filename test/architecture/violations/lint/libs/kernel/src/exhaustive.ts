export function name(kind: 'one' | 'two'): string | undefined {
  switch (kind) {
    case 'one':
      return 'one';
  }
  return undefined;
}
