export const trimmed = (path: string): string => path.replace(/\/+$/, '');
